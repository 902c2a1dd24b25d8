import { sign } from '@showpad-webhooks/core';
import type { MismatchCause } from '@showpad-webhooks/core/explain';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explain, hmac, KEY, proven, SECONDS, TIMESTAMP } from './explain.ts';

const RUNS = { seed: 20_261_123, numRuns: 50 };

/** Keys as Showpad may make them, and bodies with everything that a careless writer changes. */
const keys = fc.base64String({ minLength: 24, maxLength: 44 }).filter((key) => /^[^=]+$/.test(key));
const events = fc.record({
  type: fc.constantFrom('shared-space-created', 'COURSE_COMPLETED'),
  id: fc.uuid(),
  data: fc.record({
    url: fc.constant('https://example.com/ä/é'),
    value: fc.jsonValue(),
    ids: fc.array(fc.nat(), { minLength: 1 }),
  }),
});
const escaped = (json: string) =>
  json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const crlf = (text: string) => text.replaceAll('\n', '\r\n');

const compact = (event: object) => JSON.stringify(event);
const indented = (event: object) => JSON.stringify(event, null, 3);

describe('a change of the body between signing and verifying is found', () => {
  type Write = (event: object) => string;
  const CHANGES: readonly (readonly [cause: MismatchCause, detail: string, signed: Write, given: Write])[] = [
    ['body-rewritten', 'written again without spaces', compact, indented],
    ['body-rewritten', 'written again, indented by 2 spaces', (e) => JSON.stringify(e, null, 2), compact],
    ['body-rewritten', 'written again, indented by 4 spaces', (e) => JSON.stringify(e, null, 4), compact],
    ['body-rewritten', 'written again, indented by tabs', (e) => JSON.stringify(e, null, '\t'), compact],
    [
      'body-rewritten',
      'written again with non-ASCII characters escaped',
      (e) => escaped(compact(e)),
      compact,
    ],
    [
      'body-rewritten',
      'written again with slashes escaped',
      (e) => compact(e).replaceAll('/', '\\/'),
      compact,
    ],
    ['body-end', 'without the line breaks at its end', compact, (e) => `${compact(e)}\n`],
    ['body-end', 'without the line breaks at its end', compact, (e) => `${compact(e)}\r\n`],
    ['body-end', 'without the line breaks at its end', compact, (e) => `${compact(e)}\n\r\r\n`],
    ['body-end', 'with a line feed at its end', (e) => `${compact(e)}\n`, compact],
    ['body-end', 'with CRLF at its end', (e) => `${compact(e)}\r\n`, compact],
    ['body-line-ends', 'with LF instead of CRLF', indented, (e) => crlf(indented(e))],
    ['body-line-ends', 'with CRLF instead of LF', (e) => crlf(indented(e)), indented],
    ['body-byte-order-mark', 'without its byte order mark', compact, (e) => `\ufeff${compact(e)}`],
    ['body-byte-order-mark', 'with a byte order mark', (e) => `\ufeff${compact(e)}`, compact],
    ['body-empty', 'empty', () => '', compact],
  ];

  test.each(CHANGES)('%s: %s', (cause, detail, signed, given) => {
    fc.assert(
      fc.property(events, keys, (event, key) => {
        const signature = sign(signed(event), key, SECONDS);
        expect(proven(explain({ body: Buffer.from(given(event)), keys: key, signature }))).toEqual([
          [`proven ${cause}`, `The signature is right for the given body ${detail}.`],
        ]);
      }),
      RUNS,
    );
  });

  const asLatin1 = Buffer.from(Buffer.from('é').toString('latin1'));
  test.each<readonly [MismatchCause, string, string | Buffer, Buffer]>([
    ['body-encoding', 'read as Latin-1 and written as UTF-8', asLatin1, Buffer.from('é')],
    ['body-encoding', 'read as UTF-8 and written as Latin-1', Buffer.from('é'), asLatin1],
    ['body-encoding', 'read as UTF-8, with invalid bytes replaced', '\ufffd', Buffer.from([0xe9])],
    ['body-normalized', 'with its Unicode composed (NFC)', 'é', Buffer.from('é'.normalize('NFD'))],
    ['body-normalized', 'with its Unicode decomposed (NFD)', 'é'.normalize('NFD'), Buffer.from('é')],
    [
      'body-rewritten',
      'written again with a space after each comma and colon',
      '{"a": [1, {"b": "x,\\ny"}], "c": {}}',
      Buffer.from('{"a":[1,{"b":"x,\\ny"}],"c":{}}'),
    ],
    [
      'body-rewritten',
      'written again with spaces, and non-ASCII characters escaped',
      '{"a": "\\u00e9"}',
      Buffer.from('{"a":"é"}'),
    ],
    [
      'body-rewritten',
      'written again with spaces inside of the braces too',
      '{ "hello": "world" }',
      Buffer.from('{"hello":"world"}'),
    ],
    [
      'body-rewritten',
      'written again with spaces inside of the braces too',
      '{ "a": [ 1, { "b": [] } ], "c": {} }',
      Buffer.from('{"a":[1,{"b":[]}],"c":{}}'),
    ],
    [
      'body-rewritten',
      'written again with spaces inside of the braces, but not of the brackets',
      '{ "a": [1, { "b": [], "c": "[\\n ]" }], "d": {} }',
      Buffer.from('{"a":[1,{"b":[],"c":"[\\n ]"}],"d":{}}'),
    ],
    [
      'body-rewritten',
      'written again without spaces',
      '{"hello":"world"}',
      Buffer.from('\ufeff{ "hello": "world" }'),
    ],
  ])('%s: %s, example %#', (cause, detail, signed, body) => {
    expect(proven(explain({ body, signature: sign(signed, KEY, SECONDS) }))).toEqual([
      [`proven ${cause}`, `The signature is right for the given body ${detail}.`],
    ]);
  });

  test('by the example of Showpad, of which a parser and JSON.stringify made another text', () => {
    const given = { keys: 'test-signature-key', timestamp: '1669302166', nowMs: 1_669_302_166_000 };
    const signature = '8leDTQHwzePUzTvE0DAyuc3bq6UOCt9p/VT6IA0pBFg=';
    expect(explain({ ...given, signature, body: Buffer.from('{ "hello": "world" }') })).toEqual([]);
    for (const body of ['{"hello":"world"}', '{\n  "hello": "world"\n}', '{"hello": "world"}']) {
      expect(proven(explain({ ...given, signature, body: Buffer.from(body) }))).toEqual([
        [
          'proven body-rewritten',
          'The signature is right for the given body written again with spaces inside of the braces too.',
        ],
      ]);
    }
  });

  test('also in a part of a larger buffer, and in bytes that are not UTF-8', () => {
    const signed = Buffer.from([0xff, 0x0d, 0x0a, 0xfe]);
    const larger = Uint8Array.from([1, 0xff, 0x0a, 0xfe, 2]);
    expect(proven(explain({ body: larger.subarray(1, 4), signature: sign(signed, KEY, SECONDS) }))).toEqual([
      ['proven body-line-ends', 'The signature is right for the given body with CRLF instead of LF.'],
    ]);
  });
});

describe('a mistake about the key is found', () => {
  type Change = readonly [
    cause: MismatchCause,
    detail: string,
    signer: (key: string) => string | Buffer,
    given: (key: string) => string,
  ];
  const same = (key: string) => key;
  test.each<Change>([
    ['key-space', 'without the white space around it', same, (key) => `${key}\n`],
    ['key-space', 'without the white space around it', same, (key) => `  ${key} `],
    ['key-space', 'with a line feed at its end', (key) => `${key}\n`, same],
    ['key-space', 'with CRLF at its end', (key) => `${key}\r\n`, same],
    ['key-space', 'with a space at its end', (key) => `${key} `, same],
    ['key-quotes', 'without the quotes around it', same, (key) => `"${key}"`],
    ['key-quotes', 'without the quotes around it', same, (key) => `'${key}'`],
    ['key-quotes', 'without the quotes around it', same, (key) => ` "${key}"\n`],
    ['key-quotes', 'in double quotes', (key) => `"${key}"`, same],
    ['key-quotes', 'in single quotes', (key) => `'${key}'`, same],
    ['key-decoded', 'decoded from base64', (key) => Buffer.from(key, 'base64'), same],
    ['key-decoded', 'decoded from hex', (key) => Buffer.from(key), (key) => Buffer.from(key).toString('hex')],
    ['key-padding', 'with "=" at its end', (key) => `${key}=`, same],
    ['key-padding', 'without "=" at its end', same, (key) => `${key}=`],
    ['key-padding', 'without "=" at its end', same, (key) => `${key}==`],
  ])('%s: %s, example %#', (cause, detail, signer, given) => {
    fc.assert(
      fc.property(events, keys, (event, key) => {
        const body = Buffer.from(compact(event));
        const signature = hmac(signer(key), body, `.${TIMESTAMP}`).toString('base64');
        expect(proven(explain({ body, keys: given(key), signature }))).toEqual([
          [`proven ${cause}`, `The signature is right for the given key ${detail}.`],
        ]);
      }),
      RUNS,
    );
  });

  test('and only if the quotes of a key belong together', () => {
    const signature = sign('{}', 'a-key', SECONDS);
    for (const given of [`"a-key'`, '"a-key', 'a-key"', '"']) {
      const causes = explain({ keys: given, signature }).filter(({ certainty }) => certainty === 'proven');
      expect(causes).toEqual([]);
    }
  });

  test('but an empty key, which anybody has, proves nothing', () => {
    const signature = hmac('', '{}', `.${TIMESTAMP}`).toString('base64');
    for (const given of ['""', "''", '"', '==']) {
      const certainties = explain({ keys: given, signature }).map(({ certainty }) => certainty);
      expect(new Set(certainties)).toEqual(new Set(['ruled-out']));
    }
  });

  test.each([
    ['its label', { label: 'marketing', key: 'the-key-of-marketing' }, 'marketing'],
    ['its place', 'the-key-of-marketing', 'otherKeys[1]'],
  ])('if another key was used, which is named by %s', (_how, otherKey, name) => {
    const signature = sign('{}', 'the-key-of-marketing', SECONDS);
    expect(proven(explain({ signature, otherKeys: ['a-third-key', otherKey] }))).toEqual([
      ['proven other-key', `The signature is made with the key ${name}.`],
    ]);
  });
});

describe('a mistake about what is signed is found', () => {
  test.each<readonly [MismatchCause, string, readonly string[]]>([
    ['signed-order', 'the timestamp, a full stop and then the body', [TIMESTAMP, '.', '{}']],
    ['signed-body-alone', 'only the body', ['{}']],
    ['signed-without-stop', 'the body and the timestamp without a full stop', ['{}', TIMESTAMP]],
    [
      'timestamp-milliseconds',
      'the timestamp in milliseconds, but it is sent in seconds',
      ['{}', '.', `${TIMESTAMP}000`],
    ],
  ])('%s', (cause, detail, parts) => {
    expect(proven(explain({ signature: hmac(KEY, ...parts).toString('base64') }))).toEqual([
      [`proven ${cause}`, `The signature is over ${detail}.`],
    ]);
  });

  test('milliseconds in the header, and the signature over the seconds', () => {
    const signature = hmac(KEY, '{}', `.${TIMESTAMP}`).toString('base64');
    expect(proven(explain({ timestamp: `${TIMESTAMP}123`, signature }))).toEqual([
      [
        'proven timestamp-milliseconds',
        'The signature is over the timestamp in seconds, but it is sent in milliseconds.',
      ],
    ]);
  });

  test('milliseconds in the header, and the signature over them', () => {
    const signature = hmac(KEY, '{}', `.${TIMESTAMP}123`).toString('base64');
    expect(proven(explain({ timestamp: `${TIMESTAMP}123`, signature }))).toEqual([
      ['proven timestamp-milliseconds', 'The timestamp is in milliseconds.'],
    ]);
  });

  test.each([
    [`0${TIMESTAMP}`, 'the timestamp as a whole number without leading zeros'],
    [`${TIMESTAMP}.25`, 'the timestamp as a whole number without leading zeros'],
    [` ${TIMESTAMP}`, 'the timestamp without white space'],
    [`${TIMESTAMP}\n`, 'the timestamp without white space'],
  ])('the timestamp %j', (timestamp, detail) => {
    const [first] = proven(explain({ timestamp, signature: sign('{}', KEY, SECONDS) }));
    expect(first).toEqual(['proven timestamp-form', `The signature is over ${detail}.`]);
  });
});

test.each([`x${TIMESTAMP}`, `${TIMESTAMP}x`])('the timestamp %j is no number to sign', (timestamp) => {
  const signature = hmac(KEY, '{}', '.NaN').toString('base64');
  const certainties = explain({ timestamp, signature }).map(({ certainty }) => certainty);
  expect(new Set(certainties)).toEqual(new Set(['unproven', 'ruled-out']));
});

describe('a signature in another form is found', () => {
  const standard = (digest: Buffer) => digest.toString('base64');
  test.each<readonly [string, (digest: Buffer) => string]>([
    ['in hex', (digest) => digest.toString('hex')],
    ['in hex', (digest) => digest.toString('hex').toUpperCase()],
    ['in base64 without its padding', (digest) => standard(digest).slice(0, -1)],
    ['after the prefix "sha256"', (digest) => `sha256=${digest.toString('hex')}`],
    ['after the prefix "hmac-sha256"', (digest) => `hmac-sha256=${standard(digest)}`],
    ['after the prefix "V1"', (digest) => `V1=${standard(digest)}`],
    ['after the prefix "v1"', (digest) => `v1:${standard(digest)}`],
    ['in quotes', (digest) => `"${standard(digest)}"`],
    ['in quotes', (digest) => `'${standard(digest)}'`],
  ])('%s, example %#', (form, write) => {
    fc.assert(
      fc.property(keys, (key) => {
        const signature = write(hmac(key, '{}', `.${TIMESTAMP}`));
        expect(proven(explain({ keys: key, signature }))).toEqual([
          ['proven signature-form', `The signature is right, but it is written ${form}.`],
        ]);
      }),
      RUNS,
    );
  });

  test.each([
    ['with padding', (digest: Buffer) => `${digest.toString('base64url')}=`],
    ['without padding', (digest: Buffer) => digest.toString('base64url')],
  ])('in base64url, %s', (_how, write) => {
    fc.assert(
      fc.property(keys, (key) => {
        const digest = hmac(key, '{}', `.${TIMESTAMP}`);
        fc.pre(/[+/]/.test(standard(digest))); // Otherwise it is written as in standard base64.
        expect(proven(explain({ keys: key, signature: write(digest) }))).toEqual([
          ['proven signature-form', 'The signature is right, but it is written in base64url.'],
        ]);
      }),
      RUNS,
    );
  });

  test('that decodes to the same bytes and is not the canonical text', () => {
    const canonical = sign('{ "hello": "world" }', 'test-signature-key', 1_669_302_166);
    const findings = explain({
      body: Buffer.from('{ "hello": "world" }'),
      keys: 'test-signature-key',
      signature: canonical.replace('Fg=', 'Fh='),
      timestamp: '1669302166',
      nowMs: 1_669_302_166_000,
    });
    expect(proven(findings)).toEqual([
      ['proven signature-form', 'The signature is right, but it is written in base64 that is not canonical.'],
    ]);
  });
});
