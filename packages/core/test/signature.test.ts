import { createHmac } from 'node:crypto';
import { sign, type VerifyOptions, verifySignature } from '@showpad-webhooks/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import document from '../../../test/conformance/src/vectors.json' with { type: 'json' };
import { KEY, NOW_MS, stopTime } from './support.ts';

const NOW_SECONDS = NOW_MS / 1000;
const SIGNATURE = 'x-showpad-signature-v1';
const TIMESTAMP = 'x-showpad-signature-timestamp';
const BODY = Buffer.from('{"type":"x","id":"1"}');
/** Well formed, and of no key. */
const FOREIGN = sign(BODY, 'a-foreign-key', NOW_SECONDS);
const OWN = sign(BODY, KEY, NOW_SECONDS);
const headers = { [TIMESTAMP]: String(NOW_SECONDS), [SIGNATURE]: OWN };

/** Verifies at `NOW_MS`; gives `valid`, or the code it was refused with. */
function verdict(options: Partial<VerifyOptions>): string {
  try {
    verifySignature({ body: BODY, headers, keys: KEY, nowMs: NOW_MS, ...options });
    return 'valid';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

const withSignature = (value: string | readonly string[]) =>
  verdict({ headers: { ...headers, [SIGNATURE]: value } });

describe('the published vectors', () => {
  test.each(document.vectors)('$name: $expect', (vector) => {
    const { keys, bodyBase64, timestamp, now, signature, expect: expected } = vector;
    const body = Buffer.from(bodyBase64, 'base64');
    const given = { [TIMESTAMP]: timestamp, [SIGNATURE]: signature };
    expect(verdict({ body, headers: given, keys, nowMs: now * 1000 })).toBe(expected);
  });
});

describe('sign', () => {
  test('gives the signature that Showpad publishes', () => {
    expect(sign('{ "hello": "world" }', 'test-signature-key', 1669302166)).toBe(
      '8leDTQHwzePUzTvE0DAyuc3bq6UOCt9p/VT6IA0pBFg=',
    );
  });

  test('signs bytes as they are, text and keys as UTF-8', () => {
    const bytes = Buffer.from([0x00, 0xff, 0xfe, 0x0d, 0x0a]);
    const hmac = createHmac('sha256', Buffer.from('schlüssel')).update(bytes).update('.1');
    expect(sign(bytes, 'schlüssel', 1)).toBe(hmac.digest('base64'));
    expect(sign('Café 🥓', KEY, 1)).toBe(sign(Buffer.from('Café 🥓'), KEY, 1));
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1669302166'])(
    'refuses the timestamp %j',
    (timestampSeconds) => {
      expect(() => sign(BODY, KEY, timestampSeconds as number)).toThrow(
        new TypeError(`timestampSeconds must be unix time in whole seconds, not ${timestampSeconds}.`),
      );
    },
  );

  test('refuses a blank key', () => {
    expect(() => sign(BODY, ' ', 1)).toThrow(
      new TypeError('keys is blank: is the environment variable set?'),
    );
  });
});

describe('a list of signatures', () => {
  test.each([
    [`${FOREIGN},${OWN}`],
    [`${OWN},${FOREIGN}`],
    [`${FOREIGN} \t,\t ${OWN} `],
    [`${OWN},,`],
    [`not-base64,${OWN}`],
  ])('is valid where one holds: %s', (value) => {
    expect(withSignature(value)).toBe('valid');
  });

  test('may come as repeated headers', () => {
    expect(withSignature([FOREIGN, OWN])).toBe('valid');
    expect(withSignature([FOREIGN, `${FOREIGN},${OWN}`])).toBe('valid');
    expect(withSignature([FOREIGN, FOREIGN])).toBe('SIGNATURE_MISMATCH');
    expect(withSignature([])).toBe('SIGNATURE_MISSING');
  });

  test('holds at most 16', () => {
    const foreign = (count: number) => Array<string>(count).fill(FOREIGN);
    expect(withSignature([...foreign(15), OWN].join())).toBe('valid');
    expect(withSignature([...foreign(16), OWN].join())).toBe('SIGNATURE_MALFORMED');
    expect(withSignature([OWN, ...foreign(16)].join())).toBe('SIGNATURE_MALFORMED');
    expect(withSignature([OWN, ','.repeat(16)].join())).toBe('SIGNATURE_MALFORMED');
  });

  test.each([',', ' ', `v1=${OWN}`, `${OWN}=`, OWN.slice(1), `${OWN}\u00a0`, `${OWN}\n`])(
    'is malformed where none has the form: %j',
    (value) => {
      expect(withSignature(value)).toBe('SIGNATURE_MALFORMED');
    },
  );
});

test('only the canonical text of a signature passes, though four decode alike', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const canonical = alphabet.indexOf(OWN.charAt(42));
  const twins = [0, 1, 2, 3].map((spare) => `${OWN.slice(0, 42)}${alphabet[canonical + spare]}=`);
  expect(new Set(twins.map((twin) => Buffer.from(twin, 'base64').toString('hex'))).size).toBe(1);
  expect(twins.map(withSignature)).toEqual([
    'valid',
    'SIGNATURE_MISMATCH',
    'SIGNATURE_MISMATCH',
    'SIGNATURE_MISMATCH',
  ]);
});

describe('headers', () => {
  const upper = { [TIMESTAMP.toUpperCase()]: headers[TIMESTAMP], 'X-Showpad-Signature-V1': OWN };
  test.each([
    ['in any case', upper],
    ['of fetch', new Headers(headers)],
    ['in a Map', new Map(Object.entries(headers)) as unknown as Headers],
    ['as lists of one', { [TIMESTAMP]: [String(NOW_SECONDS)], [SIGNATURE]: [OWN] }],
    ['beside others that are undefined', { ...upper, [SIGNATURE]: undefined }],
    ['beside a header named get', { ...headers, get: 'a' }],
  ])('are read %s', (_how, given) => {
    expect(verdict({ headers: given })).toBe('valid');
  });

  test('fetch joins repeated ones', () => {
    const given = new Headers(headers);
    given.append(SIGNATURE, FOREIGN);
    expect(verdict({ headers: given })).toBe('valid');
    given.append(TIMESTAMP, String(NOW_SECONDS));
    expect(verdict({ headers: given })).toBe('TIMESTAMP_MALFORMED');
  });

  test.each([
    ['SIGNATURE_MISSING', {}],
    ['SIGNATURE_MISSING', new Headers()],
    ['SIGNATURE_MISSING', { [TIMESTAMP]: String(NOW_SECONDS), [SIGNATURE]: '' }],
    ['SIGNATURE_MISSING', { [TIMESTAMP]: String(NOW_SECONDS), 'x-showpad-signature-v2': OWN }],
    ['SIGNATURE_MISSING', { ...headers, [SIGNATURE]: 42 as unknown as string }],
    ['TIMESTAMP_MISSING', { [SIGNATURE]: OWN }],
    ['TIMESTAMP_MISSING', { ...headers, [TIMESTAMP]: '' }],
  ])('%s: %j', (code, given) => {
    expect(verdict({ headers: given })).toBe(code);
  });

  test('a repeated timestamp is malformed, the same or another', () => {
    const [now, later] = [String(NOW_SECONDS), String(NOW_SECONDS + 1)];
    for (const given of [[now, now], [now, later], `${now}, ${now}`])
      expect(verdict({ headers: { ...headers, [TIMESTAMP]: given } })).toBe('TIMESTAMP_MALFORMED');
  });

  test.each(['01768478400', '0', ` ${NOW_SECONDS}`, `${NOW_SECONDS}\n`, '1'.repeat(16)])(
    'the timestamp %j is malformed',
    (timestamp) => {
      expect(verdict({ headers: { ...headers, [TIMESTAMP]: timestamp } })).toBe('TIMESTAMP_MALFORMED');
    },
  );

  test('a timestamp of 15 digits is read, and far in the future', () => {
    expect(verdict({ headers: { ...headers, [TIMESTAMP]: '9'.repeat(15) } })).toBe('TIMESTAMP_IN_FUTURE');
  });
});

describe('tolerance', () => {
  const atAge = (seconds: number, options?: Partial<VerifyOptions>) =>
    verdict({ nowMs: NOW_MS + seconds * 1000, ...options });

  test('is five minutes both ways, to the second', () => {
    expect([300, -300].map((seconds) => atAge(seconds))).toEqual(['valid', 'valid']);
    expect(atAge(300.999)).toBe('valid');
    expect(atAge(301)).toBe('TIMESTAMP_TOO_OLD');
    expect(atAge(-301)).toBe('TIMESTAMP_IN_FUTURE');
    expect(atAge(-300.001)).toBe('TIMESTAMP_IN_FUTURE');
  });

  test('can be set', () => {
    expect(atAge(5, { toleranceSeconds: 5 })).toBe('valid');
    expect(atAge(6, { toleranceSeconds: 5 })).toBe('TIMESTAMP_TOO_OLD');
    expect(atAge(86_400, { toleranceSeconds: 86_400 })).toBe('valid');
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('cannot be %s', (toleranceSeconds) => {
    expect(() => verifySignature({ body: BODY, headers, keys: KEY, toleranceSeconds })).toThrow(
      new TypeError(`toleranceSeconds must be a number above 0, not ${toleranceSeconds}.`),
    );
  });
});

describe('verifySignature', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('goes by the current time where none is given', () => {
    stopTime();
    expect(verifySignature({ body: BODY, headers, keys: KEY })).toEqual({
      keyLabel: undefined,
      timestampSeconds: NOW_SECONDS,
    });
    vi.setSystemTime(NOW_MS + 301_000);
    expect(() => verifySignature({ body: BODY, headers, keys: KEY })).toThrow('was signed 301 s ago');
  });

  test.each([['{"type":"x","id":"1"}'], [{ type: 'x' }], [undefined], [null], [new ArrayBuffer(2)]])(
    'refuses a body that is not bytes: %j',
    (body) => {
      expect(verdict({ body: body as never })).toBe('RAW_BODY_UNAVAILABLE');
    },
  );

  test('takes any Uint8Array, though it be part of a larger buffer', () => {
    const larger = new Uint8Array([1, 2, ...BODY, 3]);
    expect(verdict({ body: larger.subarray(2, 2 + BODY.length) })).toBe('valid');
    expect(verdict({ body: larger })).toBe('SIGNATURE_MISMATCH');
  });
});
