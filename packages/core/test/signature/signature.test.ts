import { createHmac } from 'node:crypto';
import {
  ShowpadWebhookError,
  SIGNATURE_HEADER,
  sign,
  TIMESTAMP_HEADER,
  type VerifyOptions,
  verifySignature,
} from '@showpad-webhooks/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import document from '../../../../test/conformance/src/vectors.json' with { type: 'json' };
import { KEY, NOW_MS, stopTime } from '../support.ts';

const NOW_SECONDS = NOW_MS / 1000;
const BODY = Buffer.from('{"type":"x","id":"1"}');
/** Well formed, but made with none of the keys. */
const FOREIGN = sign(BODY, 'a-foreign-key', NOW_SECONDS);
const OWN = sign(BODY, KEY, NOW_SECONDS);
const headers = { [TIMESTAMP_HEADER]: String(NOW_SECONDS), [SIGNATURE_HEADER]: OWN };

/** Verifies at `NOW_MS`. Returns `valid`, or the code of the error. */
function verdict(options: Partial<VerifyOptions>): string {
  return errorOf(options)?.code ?? 'valid';
}

function errorOf(options: Partial<VerifyOptions>): ShowpadWebhookError | undefined {
  try {
    verifySignature({ body: BODY, headers, keys: KEY, nowMs: NOW_MS, ...options });
    return undefined;
  } catch (error) {
    if (ShowpadWebhookError.isInstance(error)) return error;
    throw error;
  }
}

const withSignature = (value: string | readonly string[]) =>
  verdict({ headers: { ...headers, [SIGNATURE_HEADER]: value } });

describe('the published vectors', () => {
  test.each(document.vectors)('$name: $expect', (vector) => {
    const { keys, bodyBase64, timestamp, now, signature, expect: expected } = vector;
    const body = Buffer.from(bodyBase64, 'base64');
    const given = { [TIMESTAMP_HEADER]: timestamp, [SIGNATURE_HEADER]: signature };
    expect(verdict({ body, headers: given, keys, nowMs: now * 1000 })).toBe(expected);
  });
});

test('the names of the headers are those that Showpad documents', () => {
  expect([SIGNATURE_HEADER, TIMESTAMP_HEADER]).toEqual([
    'x-showpad-signature-v1',
    'x-showpad-signature-timestamp',
  ]);
});

describe('sign', () => {
  test('returns the signature that Showpad publishes', () => {
    expect(sign('{ "hello": "world" }', 'test-signature-key', 1669302166)).toBe(
      '8leDTQHwzePUzTvE0DAyuc3bq6UOCt9p/VT6IA0pBFg=',
    );
  });

  test('signs bytes as they are, and text and keys as UTF-8', () => {
    const bytes = Buffer.from([0x00, 0xff, 0xfe, 0x0d, 0x0a]);
    const hmac = createHmac('sha256', Buffer.from('schlüssel')).update(bytes).update('.1');
    expect(sign(bytes, 'schlüssel', 1)).toBe(hmac.digest('base64'));
    expect(sign('Café 🥓', KEY, 1)).toBe(sign(Buffer.from('Café 🥓'), KEY, 1));
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1669302166'])(
    'rejects the timestamp %j',
    (timestampSeconds) => {
      expect(() => sign(BODY, KEY, timestampSeconds as number)).toThrow(
        new TypeError(`timestampSeconds must be unix time in whole seconds, not ${timestampSeconds}.`),
      );
    },
  );

  test('rejects a blank key', () => {
    expect(() => sign(BODY, ' ', 1)).toThrow(new TypeError('key is blank. Is the environment variable set?'));
  });

  const lengths = [0, 1, 63, 64, 65, 1_000, 32_768, 32_769, 100_000];
  const keys = ['k', 'a'.repeat(63), 'a'.repeat(64), 'a'.repeat(65), 'é'.repeat(33), '🔑'.repeat(500)];

  test.each(lengths)('is HMAC-SHA256 over %i bytes, for keys shorter and longer than a block', (length) => {
    const body = Uint8Array.from({ length }, (_, index) => (index * 31) & 0xff);
    for (const key of keys) {
      const hmac = createHmac('sha256', key).update(body).update('.1669302166');
      expect(sign(body, key, 1669302166)).toBe(hmac.digest('base64'));
    }
  });
});

describe('a list of signatures', () => {
  test.each([
    [`${FOREIGN},${OWN}`],
    [`${OWN},${FOREIGN}`],
    [`${FOREIGN} \t,\t ${OWN} `],
    [`${OWN},,`],
    [`not-base64,${OWN}`],
  ])('is valid if one of them is right: %s', (value) => {
    expect(withSignature(value)).toBe('valid');
  });

  test('may be several headers', () => {
    expect(withSignature([FOREIGN, OWN])).toBe('valid');
    expect(withSignature([FOREIGN, `${FOREIGN},${OWN}`])).toBe('valid');
    expect(withSignature([FOREIGN, FOREIGN])).toBe('SIGNATURE_MISMATCH');
    expect(withSignature([])).toBe('SIGNATURE_MISSING');
  });

  test('has at most 16 entries', () => {
    const foreign = (count: number) => Array<string>(count).fill(FOREIGN);
    expect(withSignature([...foreign(15), OWN].join())).toBe('valid');
    expect(withSignature([...foreign(16), OWN].join())).toBe('SIGNATURE_MALFORMED');
    expect(withSignature([OWN, ...foreign(16)].join())).toBe('SIGNATURE_MALFORMED');
    expect(withSignature([OWN, ','.repeat(16)].join())).toBe('SIGNATURE_MALFORMED');
  });

  test.each([',', ' ', `v1=${OWN}`, `${OWN}=`, OWN.slice(1), `${OWN}\u00a0`, `${OWN}\n`])(
    'is malformed if none of them has the right form: %j',
    (value) => {
      expect(withSignature(value)).toBe('SIGNATURE_MALFORMED');
    },
  );
});

test('only the canonical text of a signature passes, although four texts decode to the same bytes', () => {
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
  const upper = {
    [TIMESTAMP_HEADER.toUpperCase()]: headers[TIMESTAMP_HEADER],
    'X-Showpad-Signature-V1': OWN,
  };
  test.each([
    ['in any case', upper],
    ['of fetch', new Headers(headers)],
    ['in a Map', new Map(Object.entries(headers)) as unknown as Headers],
    ['as lists of one', { [TIMESTAMP_HEADER]: [String(NOW_SECONDS)], [SIGNATURE_HEADER]: [OWN] }],
    ['next to one that is undefined', { ...upper, [SIGNATURE_HEADER]: undefined }],
    ['next to a header named get', { ...headers, get: 'a' }],
  ])('are read %s', (_how, given) => {
    expect(verdict({ headers: given })).toBe('valid');
  });

  test('fetch joins repeated ones', () => {
    const given = new Headers(headers);
    given.append(SIGNATURE_HEADER, FOREIGN);
    expect(verdict({ headers: given })).toBe('valid');
    given.append(TIMESTAMP_HEADER, String(NOW_SECONDS));
    expect(verdict({ headers: given })).toBe('TIMESTAMP_MALFORMED');
  });

  test.each([
    ['SIGNATURE_MISSING', {}],
    ['SIGNATURE_MISSING', new Headers()],
    ['SIGNATURE_MISSING', { [TIMESTAMP_HEADER]: String(NOW_SECONDS), [SIGNATURE_HEADER]: '' }],
    ['SIGNATURE_MISSING', { [TIMESTAMP_HEADER]: String(NOW_SECONDS), 'x-showpad-signature-v2': OWN }],
    ['SIGNATURE_MISSING', { ...headers, [SIGNATURE_HEADER]: 42 as unknown as string }],
    ['TIMESTAMP_MISSING', { [SIGNATURE_HEADER]: OWN }],
    ['TIMESTAMP_MISSING', { ...headers, [TIMESTAMP_HEADER]: '' }],
  ])('%s: %j', (code, given) => {
    expect(verdict({ headers: given })).toBe(code);
  });

  test('a repeated timestamp is malformed, whether it is the same or another', () => {
    const [now, later] = [String(NOW_SECONDS), String(NOW_SECONDS + 1)];
    for (const given of [[now, now], [now, later], `${now}, ${now}`])
      expect(verdict({ headers: { ...headers, [TIMESTAMP_HEADER]: given } })).toBe('TIMESTAMP_MALFORMED');
  });

  test.each(['01768478400', '0', ` ${NOW_SECONDS}`, `${NOW_SECONDS}\n`, '1'.repeat(16)])(
    'the timestamp %j is malformed',
    (timestamp) => {
      expect(verdict({ headers: { ...headers, [TIMESTAMP_HEADER]: timestamp } })).toBe('TIMESTAMP_MALFORMED');
    },
  );

  test('a timestamp of 15 digits is read, and is far in the future', () => {
    expect(verdict({ headers: { ...headers, [TIMESTAMP_HEADER]: '9'.repeat(15) } })).toBe(
      'TIMESTAMP_IN_FUTURE',
    );
  });
});

describe('tolerance', () => {
  const atAge = (seconds: number, options?: Partial<VerifyOptions>) =>
    verdict({ nowMs: NOW_MS + seconds * 1000, ...options });

  test('is five minutes in both directions, to the second', () => {
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
      new TypeError(`The option "toleranceSeconds" must be a number above 0, not ${toleranceSeconds}.`),
    );
  });
});

describe('verifySignature', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('uses the current time by default', () => {
    stopTime();
    expect(verifySignature({ body: BODY, headers, keys: KEY })).toEqual({
      keyLabel: undefined,
      timestampSeconds: NOW_SECONDS,
    });
    vi.setSystemTime(NOW_MS + 301_000);
    expect(() => verifySignature({ body: BODY, headers, keys: KEY })).toThrow('was signed 301 s ago');
  });

  test.each([['{"type":"x","id":"1"}'], [{ type: 'x' }], [undefined], [null], [new ArrayBuffer(2)]])(
    'rejects a body that is not bytes: %j',
    (body) => {
      expect(verdict({ body: body as never })).toBe('RAW_BODY_UNAVAILABLE');
    },
  );

  test('takes any Uint8Array, also a part of a larger buffer', () => {
    const larger = new Uint8Array([1, 2, ...BODY, 3]);
    expect(verdict({ body: larger.subarray(2, 2 + BODY.length) })).toBe('valid');
    expect(verdict({ body: larger })).toBe('SIGNATURE_MISMATCH');
  });
});

describe('an error says what is wrong and how to fix it', () => {
  const other = (changed: Record<string, string>) => ({ headers: { ...headers, ...changed } });
  const noProxy = 'The request is not from Showpad, or a proxy removes headers that begin with "x-".';
  const cases: [code: string, options: Partial<VerifyOptions>, message: string, hint: string][] = [
    [
      'SIGNATURE_MISSING',
      other({ [SIGNATURE_HEADER]: '' }),
      'The header x-showpad-signature-v1 is missing or empty.',
      noProxy,
    ],
    [
      'TIMESTAMP_MISSING',
      other({ [TIMESTAMP_HEADER]: '' }),
      'The header x-showpad-signature-timestamp is missing or empty.',
      noProxy,
    ],
    [
      'SIGNATURE_MALFORMED',
      other({ [SIGNATURE_HEADER]: 'x' }),
      'The header x-showpad-signature-v1 is not a list of 1 to 16 signatures.',
      'Each signature is 44 characters of standard base64, and commas separate them.',
    ],
    [
      'TIMESTAMP_MALFORMED',
      other({ [TIMESTAMP_HEADER]: 'x' }),
      'The header x-showpad-signature-timestamp is not unix time in whole seconds.',
      'Showpad sends one header of 1 to 15 digits, and nothing else.',
    ],
    [
      'TIMESTAMP_TOO_OLD',
      { nowMs: NOW_MS + 301_000 },
      'The delivery was signed 301 s ago, and at most 300 s are accepted.',
      'An old delivery was sent again, or the clock of this machine is fast: compare it with "date -u".',
    ],
    [
      'TIMESTAMP_IN_FUTURE',
      { nowMs: NOW_MS - 61_000, toleranceSeconds: 60 },
      'The delivery was signed 61 s in the future, and at most 60 s are accepted.',
      'The sender wrote milliseconds instead of seconds, or the clock of this machine is slow: compare it ' +
        'with "date -u".',
    ],
    [
      'SIGNATURE_MISMATCH',
      { keys: 'another-key' },
      'None of your keys matches the signature.',
      'Each Showpad subscription has its own key: check that this is the whole key of the one that sends to this URL. A body that a parser or a proxy changed looks the same.',
    ],
    [
      'RAW_BODY_UNAVAILABLE',
      { body: 'text' as never },
      'The body is of type string, and not the bytes that were sent.',
      'Pass the Buffer with the request body as it arrived, before any parser.',
    ],
  ];

  test.each(cases)('%s', (code, options, message, hint) => {
    const error = errorOf(options);
    expect({ code: error?.code, message: error?.message, hint: error?.hint }).toEqual({
      code,
      message,
      hint,
    });
  });
});
