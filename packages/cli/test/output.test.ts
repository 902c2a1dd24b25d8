import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createOutput, type Output, paint } from '../src/terminal/output.ts';

const HOSTILE = 'a\u001b[2J\u0007\r\nb\u009b31mc\u009d0;title\u009cd\u007f\u202ee\u2028f';
const SHOWN = 'a\\u001b[2J\\u0007\\r\\nb\\u009b31mc\\u009d0;title\\u009cd\\u007f\\u202ee\\u2028f';

/** What a use of the output writes. */
async function written(isJson: boolean, use: (output: Output) => void): Promise<readonly [string, string]> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const { signal } = new AbortController();
  use(
    createOutput({ stdin, stdout, stderr, env: {}, signal }, () => ({
      json: isJson,
      quiet: false,
      color: false,
    })),
  );
  stdout.end();
  stderr.end();
  return [await text(stdout), await text(stderr)];
}

test('no control character of a text reaches the terminal', async () => {
  const [out, errors] = await written(false, (output) => {
    output.result({}, HOSTILE, [paint('red', HOSTILE), HOSTILE]);
    output.text(HOSTILE);
    output.note(HOSTILE);
    output.error(HOSTILE, HOSTILE);
  });
  expect(out).toBe(`${SHOWN}\n${SHOWN}  ${SHOWN}\n${SHOWN}\n`);
  expect(errors).toBe(`${SHOWN}\nerror: ${SHOWN}\n${SHOWN}\n`);
});

test('JSON has no control character either, and the same value', async () => {
  const [out] = await written(true, (output) => {
    output.result({ [HOSTILE]: HOSTILE }, 'a line');
    output.exactResult(HOSTILE, 'a text');
    output.text('further lines');
  });
  const [object = '', string = '', ...rest] = out.split('\n');
  expect(rest).toEqual(['']);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
  expect(object + string).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
  expect(JSON.parse(object)).toEqual({ [HOSTILE]: HOSTILE });
  expect(JSON.parse(string)).toBe(HOSTILE);
});

test('empty parts of a line are left out', async () => {
  const [out] = await written(false, (output) => output.result({}, ['a', '', paint('dim', ''), 'b']));
  expect(out).toBe('a  b\n');
});
