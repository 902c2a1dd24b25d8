import { SIGNATURE_HEADER, sign, TIMESTAMP_HEADER } from '@showpad-webhooks/core';
import { explainMismatch, type MismatchCause, type MismatchInput } from '@showpad-webhooks/core/explain';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { FIXES } from '../../src/explain/cause.ts';
import { NOW_MS, startTime, stopTime } from '../support.ts';
import { explain, hmac, KEY, proven, SECONDS, TIMESTAMP } from './explain.ts';

afterEach(startTime);

const signature = sign('{}', KEY, SECONDS);

describe('the time', () => {
  test.each([
    [301, 'The timestamp is 301 s in the past, and at most 300 s are accepted.'],
    [-4_000, 'The timestamp is 4000 s in the future, and at most 300 s are accepted.'],
  ])('is wrong by %d s', (skewSeconds, detail) => {
    const findings = explain({ signature, nowMs: (SECONDS + skewSeconds) * 1_000 });
    expect(proven(findings)).toEqual([['proven clock-skew', detail]]);
  });

  test('proves nothing without a signature that is right', () => {
    const forged = sign('[]', KEY, SECONDS);
    const late = explain({ signature: forged, nowMs: (SECONDS + 301) * 1_000 });
    const inMilliseconds = explain({ signature: forged, timestamp: `${TIMESTAMP}000` });
    expect(late[0]).toMatchObject({ cause: 'clock-skew', certainty: 'unproven' });
    expect(inMilliseconds[0]).toMatchObject({ cause: 'timestamp-milliseconds', certainty: 'unproven' });
    expect([...late, ...inMilliseconds].some(({ certainty }) => certainty === 'proven')).toBe(false);
  });

  test('with white space is rejected by a receiver, so it is a finding even if it was signed like this', () => {
    const timestamp = ` ${TIMESTAMP}`;
    const signed = hmac(KEY, '{}', `.${timestamp}`).toString('base64');
    expect(proven(explain({ signature: signed, timestamp }))).toEqual([
      ['proven timestamp-form', 'The timestamp is not unix time in whole seconds.'],
    ]);
  });

  test.each(['yesterday', '0', '1'.repeat(16), '-5'])('is not a time: %j', (timestamp) => {
    const [first] = explain({ signature, timestamp });
    expect(first).toMatchObject({
      cause: 'timestamp-form',
      certainty: 'unproven',
      detail: 'The timestamp is not unix time in whole seconds.',
    });
  });

  test('is tolerated for as long as by a receiver, to the second', () => {
    const at = (seconds: number, toleranceSeconds?: number) =>
      explain({
        signature,
        nowMs: (SECONDS + seconds) * 1_000,
        ...(toleranceSeconds !== undefined && { toleranceSeconds }),
      }).length;
    expect([at(300), at(300.999), at(-300), at(600, 600)]).toEqual([0, 0, 0, 0]);
    expect([at(301), at(-300.001), at(601, 600)]).toEqual([1, 1, 1]);
  });

  test('is the current time by default', () => {
    stopTime();
    const headers = {
      [TIMESTAMP_HEADER]: String(NOW_MS / 1_000),
      [SIGNATURE_HEADER]: sign('{}', KEY, NOW_MS / 1_000),
    };
    const input = { body: Buffer.from('{}'), headers, keys: KEY };
    expect(explainMismatch(input)).toEqual([]);
    vi.setSystemTime(NOW_MS + 301_000);
    expect(explainMismatch(input)).toMatchObject([{ cause: 'clock-skew' }]);
  });

  test('of 13 digits is in milliseconds, and of 12 or 14 it is far away', () => {
    const causeOf = (timestamp: string) => {
      const hour = hmac(KEY, '{}', `.${timestamp}`).toString('base64');
      return explain({ signature: hour, timestamp }).map(({ cause }) => cause);
    };
    expect(causeOf('1'.repeat(13))).toEqual(['timestamp-milliseconds']);
    expect(causeOf('1'.repeat(12))).toEqual(['clock-skew']);
    expect(causeOf('1'.repeat(14))).toEqual(['clock-skew']);
  });
});

describe('several mistakes at once', () => {
  test('are all found, and so is the time', () => {
    const body = Buffer.from('{"a":1}');
    const both = hmac(`${KEY}\n`, '{"a":1}\n', `.${TIMESTAMP}`).toString('hex');
    const nowMs = (SECONDS + 3_600) * 1_000;
    expect(proven(explain({ body, signature: both, nowMs }))).toEqual([
      ['proven key-space', 'The signature is right for the given key with a line feed at its end.'],
      ['proven body-end', 'The signature is right for the given body with a line feed at its end.'],
      ['proven signature-form', 'The signature is right, but it is written in hex.'],
      ['proven clock-skew', 'The timestamp is 3600 s in the past, and at most 300 s are accepted.'],
    ]);
  });

  test.each([
    ['signed-order', 'key-space', hmac(`${KEY}\n`, `${TIMESTAMP}.`, '{}')],
    ['signed-body-alone', 'body-end', hmac(KEY, '{}\n')],
    ['timestamp-milliseconds', 'body-empty', hmac(KEY, `.${TIMESTAMP}000`)],
  ])('%s and %s', (one, other, digest) => {
    const causes = explain({ signature: digest.toString('base64') }).map(({ cause }) => cause);
    expect(causes.toSorted()).toEqual([one, other].toSorted());
  });

  test('are found up to two', () => {
    const three = hmac(`${KEY}\n`, '{}\n', TIMESTAMP).toString('base64');
    const findings = explain({ signature: three });
    expect(new Set(findings.map(({ certainty }) => certainty))).toEqual(new Set(['ruled-out']));
  });

  test('are explained by as few of them as possible', () => {
    // The key without its quotes is also the other key, which is one mistake as well. The own key comes first.
    const findings = explain({ signature, keys: `"${KEY}"`, otherKeys: [KEY] });
    expect(findings.map(({ cause }) => cause)).toEqual(['key-quotes']);
  });
});

test('a delivery that is authentic and in time has nothing to explain', () => {
  fc.assert(
    fc.property(fc.json(), fc.uuid(), fc.uuid(), (json, one, other) => {
      const body = Buffer.from(json);
      const list = `${sign(body, other, SECONDS)}, ${sign(body, one, SECONDS)}`;
      expect(explain({ body, signature: list, keys: ['not-this', { label: 'one', key: one }] })).toEqual([]);
    }),
    { seed: 20_261_123, numRuns: 50 },
  );
});

test('headers may be a Headers object, in any case, or lists', () => {
  const input = { body: Buffer.from('{}'), keys: KEY, nowMs: SECONDS * 1_000 };
  const plain = { [TIMESTAMP_HEADER.toUpperCase()]: TIMESTAMP, 'X-Showpad-Signature-V1': signature };
  for (const headers of [plain, new Headers(plain), { ...plain, 'X-Showpad-Signature-V1': [signature] }]) {
    expect(explainMismatch({ ...input, headers })).toEqual([]);
  }
});

test('nothing is proven about a forgery, and what was tried is ruled out', () => {
  const CAUSES: readonly MismatchCause[] = [
    'timestamp-milliseconds',
    'signed-order',
    'signed-body-alone',
    'signed-without-stop',
    'body-end',
    'body-line-ends',
    'body-byte-order-mark',
    'body-rewritten',
    'body-encoding',
    'body-normalized',
    'body-empty',
    'key-space',
    'key-quotes',
    'key-padding',
    'key-decoded',
  ];
  const body = Buffer.from('{"é":\n1}');
  const forged = Buffer.alloc(32, 7).toString('base64');
  const findings = explain({ body, signature: forged });
  expect(findings.map(({ cause }) => cause).toSorted()).toEqual(CAUSES.toSorted());
  for (const { cause, certainty, detail, fix } of findings) {
    expect([certainty, detail, fix]).toEqual([
      'ruled-out',
      'It was tried, and no signature was made like this.',
      FIXES[cause],
    ]);
  }
  const withOther = explain({ body, signature: forged, otherKeys: ['another-key'] });
  expect(withOther.map(({ cause }) => cause)).toContain('other-key');
});

test('no finding contains a key, a payload or a signature', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), fc.boolean(), (key, secret, isForged) => {
      const made = sign(`{"a":"${isForged ? 'b' : secret}"}\n`, key, SECONDS);
      const findings = explain({ body: Buffer.from(`{"a":"${secret}"}`), keys: key, signature: made });
      const text = JSON.stringify(findings);
      for (const hidden of [key, secret, made]) expect(text).not.toContain(hidden);
    }),
    { seed: 20_261_123, numRuns: 20 },
  );
});

test.each<readonly [MismatchCause, string, Parameters<typeof explain>[0]]>([
  ['signature-missing', 'There is no signature.', { signature: '' }],
  ['signature-missing', 'There is no signature.', { signature: undefined, timestamp: undefined }],
  ['timestamp-missing', 'There is no timestamp.', { signature: 'x', timestamp: undefined }],
  [
    'signature-form',
    'No signature stands for 32 bytes, in base64 or in hex. It is cut off, or it is something else.',
    { signature: 'bm90IDMyIGJ5dGVz' },
  ],
])('%s needs no key: %s', (cause, detail, input) => {
  expect(explain(input)).toEqual([{ cause, detail, certainty: 'proven', fix: FIXES[cause] }]);
});

test.each<readonly [string, Partial<MismatchInput>]>([
  ['keys is an empty list. Pass at least one signature key.', { keys: [] }],
  ['keys[0] is blank, or not text. Is the environment variable set?', { keys: ' ' }],
  ['keys[0] is blank, or not text. Is the environment variable set?', { keys: null as never }],
  [
    'otherKeys[1] is blank, or not text. Is the environment variable set?',
    { otherKeys: ['a', undefined as unknown as string] },
  ],
  ['The option "toleranceSeconds" must be a number above 0, not 0.', { toleranceSeconds: 0 }],
])('%s', (message, input) => {
  expect(() => explain({ signature: 'x', ...input })).toThrow(new TypeError(message));
});

test('each cause says how to fix it', () => {
  expect(FIXES).toEqual({
    'signature-missing':
      'Forward the header x-showpad-signature-v1. A proxy may remove headers that begin with "x-".',
    'signature-form': 'Send the signature as 44 characters of standard base64, with padding.',
    'timestamp-missing':
      'Forward the header x-showpad-signature-timestamp. A proxy may remove headers that begin with "x-".',
    'timestamp-form':
      'Sign and send unix time in whole seconds: only digits, and the same text in both places.',
    'timestamp-milliseconds': 'Divide by 1,000 and round down: the timestamp is unix time in whole seconds.',
    'clock-skew':
      'Compare "date -u" with the clock of the sender, and check that nobody sends an old delivery again.',
    'other-key': 'Verify with the key of the subscription that sends to this URL: each has its own.',
    'key-space': 'Trim the key when you read it: a file or a variable ends with a line break.',
    'key-quotes': 'Remove the quotes when you read the key: not every reader of .env files does that.',
    'key-decoded': 'Use the text of the key as Showpad shows it, and do not decode it.',
    'key-padding': 'Copy the whole key: the "=" at its end belongs to it.',
    'body-line-ends': 'Keep the bytes: an editor, git or a proxy changed the line breaks.',
    'body-end': 'Keep the bytes: a shell or an editor added or removed a line break at the end.',
    'body-byte-order-mark': 'Keep the bytes: if there is a byte order mark at the start, it is signed too.',
    'body-rewritten': 'Verify the raw bytes, before any parser: JSON that was written again has other bytes.',
    'body-encoding': 'Do not turn the body into text before it is verified.',
    'body-normalized': 'Keep the bytes: something normalised the Unicode of the text.',
    'body-empty':
      'Read the whole body before you sign or verify it: something else may have read the stream.',
    'signed-order': 'Sign the body, a full stop and the timestamp, in this order.',
    'signed-body-alone': 'Sign the body, a full stop and the timestamp, and not only the body.',
    'signed-without-stop': 'Sign the body, a full stop and the timestamp: the full stop is missing.',
  });
});
