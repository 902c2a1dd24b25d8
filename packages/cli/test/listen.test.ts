import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';
import { openFolder, type Running, runCommand, startCommand, valuesOf } from './command.ts';
import { closedUrl, KEY, openEndpoint, openReceiver, openServer } from './open-endpoint.ts';

const TYPE = 'shared-space-user-added';
const BODY = Buffer.from(
  '{ "type": "shared-space-user-added",\r\n  "id": "an-id", "data": {"name": "é"} }\n',
);

async function listen(
  ...flags: readonly string[]
): Promise<{ readonly url: string; readonly running: Running }> {
  const running = startCommand(['listen', '--port', '0', '--key', KEY, '--json', ...flags]);
  const { url } = JSON.parse(await running.nextLine()) as { url: string };
  return { url, running };
}

/** Sends a delivery; the status and text of its answer. */
async function post(url: string, { key = KEY, body = BODY } = {}): Promise<readonly [number, string]> {
  const { headers, method } = signedDelivery({ body }, { key, headers: { 'x-custom': 'kept' } });
  const response = await fetch(url, { method, headers, body: new Uint8Array(body) });
  return [response.status, await response.text()];
}

describe('listen', () => {
  test('answers what is authentic with 200 and what is not with 401, a line for each', async () => {
    const { url, running } = await listen();
    expect((await post(url))[0]).toBe(200);
    expect(JSON.parse(await running.nextLine())).toMatchObject({ type: TYPE, eventId: 'an-id', status: 200 });
    expect((await post(url, { key: 'another' }))[0]).toBe(401);
    expect(JSON.parse(await running.nextLine())).toMatchObject({ code: 'SIGNATURE_MISMATCH', status: 401 });
    running.stop();
    expect(await running.exitCode).toBe(0);
    expect(await running.stderr).toContain('the key belongs to another subscription');
  });

  test('prints lines to read, which a sender cannot break', async () => {
    const running = startCommand(['listen', '--port', '0', '--key', KEY]);
    const url = (await running.nextLine()).replace('Listening on ', '');
    await post(url, { body: Buffer.from('{"type":"\\u001b[2J\\n","id":"an-id"}') });
    expect(await running.nextLine()).toMatch(/^\S+Z {2}200 {2}\ufffd\[2J\ufffd {2}an-id {2}\d+ ms$/);
  });

  test('shows no control character of a sender, in lines or in JSON', async () => {
    const hostile = '\u009b2J\u009d0;title\u009c';
    for (const flags of [[], ['--json']]) {
      const running = startCommand(['listen', '--port', '0', '--key', KEY, ...flags]);
      const url = /http:[^"]+/.exec(await running.nextLine())?.[0] ?? '';
      await post(url, { body: Buffer.from(JSON.stringify({ type: hostile, id: 'an-id' })) });
      const [named = '', refused = ''] = [await running.nextLine(), await refuse(url, running)];
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
      expect(named + refused).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      expect(refused).toContain('ENCODING_UNSUPPORTED');
      if (flags.length > 0) expect(JSON.parse(named)).toMatchObject({ type: hostile });
      running.stop();
    }

    /** Sends a header that fetch would not send. */
    async function refuse(url: string, running: Running): Promise<string> {
      const { headers } = signedDelivery({ body: BODY }, { key: KEY });
      request(url, { method: 'POST', headers: { ...headers, 'content-encoding': hostile } }).end(BODY);
      return running.nextLine();
    }
  });

  test('passes on the bytes and headers that came, and answers what it is answered', async () => {
    const { url: target, received } = await openEndpoint(503, 200);
    const { url, running } = await listen('--forward-to', `${target}?from=cli`);
    expect(await post(url)).toEqual([503, 'answer 503']);
    expect(JSON.parse(await running.nextLine())).toMatchObject({ status: 503 });
    expect(await post(url)).toEqual([200, 'answer 200']);
    const [first] = received;
    expect(first?.body).toEqual(BODY);
    expect(first?.url).toBe('/webhooks/showpad?from=cli');
    expect(first?.headers).toMatchObject({ 'x-custom': 'kept', host: new URL(target).host });
  });

  test('passes on to a receiver, which accepts the signature', async () => {
    const { url: target, handled } = await openReceiver();
    const { url } = await listen('--forward-to', target);
    expect((await post(url))[0]).toBe(200);
    expect(handled).toEqual([{ name: 'é' }]);
  });

  test('passes nothing on that is not authentic, and follows no redirect', async () => {
    const { url: target, received } = await openEndpoint(302);
    const { url } = await listen('--forward-to', target);
    expect((await post(url, { key: 'another' }))[0]).toBe(401);
    expect(received).toEqual([]);
    expect((await post(url))[0]).toBe(302);
    expect(received).toHaveLength(1);
  });

  test('answers 502 if the endpoint gives no answer, so that Showpad retries', async () => {
    for (const target of [await closedUrl(), await openServer((req) => req.destroy())]) {
      const { url, running } = await listen('--forward-to', target);
      expect((await post(url))[0]).toBe(502);
      expect(JSON.parse(await running.nextLine())).toMatchObject({
        status: 502,
        problem: expect.any(String),
      });
    }
  });

  test('answers even if a delivery cannot be recorded, and says so', async () => {
    const folder = join(openFolder(), 'recordings');
    const { url, running } = await listen('--record', folder);
    rmSync(folder, { recursive: true });
    expect((await post(url))[0]).toBe(200);
    running.stop();
    expect(await running.stderr).toMatch(/error: The delivery could not be recorded\.\nENOENT/);
  });

  test('ends with 0 when it is stopped, and answers 502 to what is under way, so that Showpad retries', async () => {
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const { url, running } = await listen('--forward-to', await openServer(() => isAsked()));
    const posted = post(url);
    await asked;
    running.stop();
    expect((await posted)[0]).toBe(502);
    expect(await running.exitCode).toBe(0);
  });
});

describe('replay', () => {
  /** A folder with a delivery that was answered 200 and one that was answered 503. */
  async function record(): Promise<string> {
    const folder = join(openFolder(), 'recordings');
    const { url: target } = await openEndpoint(200, 503);
    const { url, running } = await listen('--forward-to', target, '--record', folder);
    await post(url);
    await running.nextLine();
    await post(url, { body: Buffer.from('{"type":"COURSE_COMPLETED","id":"failed"}') });
    await running.nextLine();
    running.stop();
    await running.exitCode;
    return folder;
  }

  const replay = (path: string, url: string, ...flags: readonly string[]) =>
    runCommand(['replay', path, '--to', url, '--json', ...flags]);

  test('sends the recorded bytes with a new signature, in the order they came', async () => {
    const folder = await record();
    const { url, handled } = await openReceiver();
    const { exitCode, stdout, stderr } = await replay(folder, url, '--key', KEY);
    expect(exitCode).toBe(0);
    expect(valuesOf({ stdout })).toEqual([
      { type: TYPE, eventId: 'an-id', isDelivered: true, status: 200, outcome: 'handled' },
      { type: 'COURSE_COMPLETED', eventId: 'failed', isDelivered: true, status: 200, outcome: 'handled' },
    ]);
    expect(stderr).toBe('2 of 2 were delivered.\n');
    expect(handled).toEqual([{ name: 'é' }, undefined]);
  });

  test('signs with the key it is given, and keeps the other headers', async () => {
    const folder = await record();
    const { url, received } = await openEndpoint();
    await replay(folder, url, '--key', 'a-new-key', '--type', TYPE);
    const [{ headers, body } = { headers: {}, body: undefined }] = received;
    expect(body).toEqual(BODY);
    expect(headers).toMatchObject({ 'x-custom': 'kept', 'content-type': 'application/json' });
    const { url: refusing } = await openReceiver();
    const refused = await replay(folder, refusing, '--key', 'a-new-key', '--type', TYPE);
    expect(refused.exitCode).toBe(4);
    expect(valuesOf(refused)).toMatchObject([
      { isDelivered: false, status: 401, code: 'SIGNATURE_MISMATCH' },
    ]);
  });

  test('sends as recorded, with the recorded signature', async () => {
    const folder = await record();
    const { url, handled } = await openReceiver();
    expect(await replay(folder, url, '--as-recorded')).toMatchObject({ exitCode: 0 });
    expect(handled).toHaveLength(2);
  });

  test('sends only what is wanted: failed ones, a type, an event, a file', async () => {
    const folder = await record();
    const [first = ''] = readdirSync(folder).sort();
    for (const [path, flags, ids] of [
      [folder, ['--failed'], ['failed']],
      [folder, ['--type', TYPE], ['an-id']],
      [folder, ['--event-id', 'failed', '--event-id', 'an-id'], ['an-id', 'failed']],
      [join(folder, first), [], ['an-id']],
    ] as const) {
      const { url } = await openEndpoint();
      const finished = await replay(path, url, '--key', KEY, ...flags);
      expect(valuesOf<{ eventId: string }>(finished).map(({ eventId }) => eventId)).toEqual(ids);
    }
    const none = await replay(folder, await closedUrl(), '--key', KEY, '--type', 'none');
    expect(none).toMatchObject({ exitCode: 0, stdout: '', stderr: 'No recording matches.\n' });
  });

  test('exits with 4 if nothing answers, and goes on with the others', async () => {
    const finished = await replay(await record(), await closedUrl(), '--key', KEY);
    expect(finished.exitCode).toBe(4);
    expect(valuesOf(finished)).toMatchObject([{ isDelivered: false }, { isDelivered: false, status: null }]);
  });

  test('recordings can be read by their owner only, and contain no key', async () => {
    const folder = await record();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(folder, name), 'utf8')).not.toContain(KEY);
    }
  });

  test.each([
    ['nothing there', 2, '/not/there', '', 'There is no file or folder "/not/there"'],
    ['no JSON', 1, undefined, 'x', 'is not a recording of version 1'],
    ['another version', 1, undefined, '{"version":2}', 'is not a recording of version 1'],
    ['other JSON', 1, undefined, '{"version":1,"headers":{"a":1}}', 'is not a recording of version 1'],
  ])('says what is wrong with a recording: %s', async (_title, exitCode, path, text, said) => {
    const file = join(openFolder(), 'recording.json');
    writeFileSync(file, text);
    const finished = await replay(path ?? file, 'http://127.0.0.1/', '--key', KEY);
    expect(finished).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(said) });
  });

  test('says that a folder holds no recording', async () => {
    const finished = await replay(openFolder(), 'http://127.0.0.1/', '--key', KEY);
    expect(finished).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('contains no recording') });
  });
});

test.each([
  ['listen without a key', ['listen', '--port', '0'], 'SHOWPAD_SIGNATURE_KEY'],
  ['listen with a blank key', ['listen', '--port', '0', '--key', ' '], 'is blank'],
  [
    'listen for no URL',
    ['listen', '--port', '0', '--key', KEY, '--forward-to', 'x'],
    '--forward-to must be a URL',
  ],
  [
    'listen with no folder',
    ['listen', '--port', '0', '--key', KEY, '--record', '/dev/null/x'],
    '--record: the folder',
  ],
  ['replay to no URL', ['replay', '/', '--to', 'ftp://x/', '--key', KEY], '--to must be a URL'],
  ['replay without a key', ['replay', '/', '--to', 'http://127.0.0.1/'], 'SHOWPAD_SIGNATURE_KEY'],
  [
    'replay with both',
    ['replay', '/', '--to', 'http://127.0.0.1/', '--key', KEY, '--as-recorded'],
    'Leave out --key',
  ],
])('a mistake of usage exits with 2: %s', async (_title, args, said) => {
  const { exitCode, stdout, stderr } = await runCommand(args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(said);
  expect(stderr).not.toContain(KEY);
});
