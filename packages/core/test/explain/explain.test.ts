import { createHmac } from 'node:crypto';
import { sign } from '@showpad-webhooks/core';
import { explainMismatch, type MismatchCause, type MismatchInput } from '@showpad-webhooks/core/explain';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const SECONDS = 1_700_000_000;
const TIMESTAMP = String(SECONDS);
const SEED = 20_261_123;

/** Keys as Showpad may make them, and bodies with all that a careless writer changes. */
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

function explain(input: Partial<MismatchInput>) {
  return explainMismatch({
    body: Buffer.from('{}'),
    timestamp: TIMESTAMP,
    signature: undefined,
    keys: 'a-signature-key',
    nowSeconds: SECONDS,
    ...input,
  });
}

const proven = (cause: MismatchCause) => [expect.objectContaining({ cause, certainty: 'proven' })];
const hmac = (key: string | Buffer, ...parts: readonly (string | Buffer)[]) =>
  createHmac('sha256', key)
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest();

describe('a change of the body between signing and verifying is found', () => {
  const CHANGES: readonly (readonly [MismatchCause, string, (event: object) => readonly [string, string]])[] =
    [
      ['body-rewritten', 'parsed and written anew', (e) => [JSON.stringify(e), JSON.stringify(e, null, 3)]],
      ['body-rewritten', 'indented by 2', (e) => [JSON.stringify(e, null, 2), JSON.stringify(e)]],
      ['body-rewritten', 'indented by 4', (e) => [JSON.stringify(e, null, 4), JSON.stringify(e)]],
      ['body-rewritten', 'indented by tabs', (e) => [JSON.stringify(e, null, '\t'), JSON.stringify(e)]],
      ['body-rewritten', 'unescaped', (e) => [escaped(JSON.stringify(e)), JSON.stringify(e)]],
      ['body-rewritten', 'slashes', (e) => [JSON.stringify(e).replaceAll('/', '\\/'), JSON.stringify(e)]],
      ['body-end', 'a line feed more', (e) => [JSON.stringify(e), `${JSON.stringify(e)}\n`]],
      ['body-end', 'CRLF more', (e) => [JSON.stringify(e), `${JSON.stringify(e)}\r\n`]],
      ['body-end', 'a line feed less', (e) => [`${JSON.stringify(e)}\n`, JSON.stringify(e)]],
      ['body-end', 'CRLF less', (e) => [`${JSON.stringify(e)}\r\n`, JSON.stringify(e)]],
      [
        'body-line-ends',
        'CRLF for LF',
        (e) => [JSON.stringify(e, null, 3), JSON.stringify(e, null, 3).replaceAll('\n', '\r\n')],
      ],
      [
        'body-line-ends',
        'LF for CRLF',
        (e) => [JSON.stringify(e, null, 3).replaceAll('\n', '\r\n'), JSON.stringify(e, null, 3)],
      ],
      ['body-byte-order-mark', 'a mark more', (e) => [JSON.stringify(e), `\ufeff${JSON.stringify(e)}`]],
      ['body-byte-order-mark', 'a mark less', (e) => [`\ufeff${JSON.stringify(e)}`, JSON.stringify(e)]],
      ['body-empty', 'signed as if it were empty', (e) => ['', JSON.stringify(e)]],
    ];

  test.each(CHANGES)('%s: %s', (cause, _title, change) => {
    fc.assert(
      fc.property(events, keys, (event, key) => {
        const [signed, given] = change(event);
        const body = Buffer.from(given);
        expect(explain({ body, keys: key, signature: sign(signed, key, SECONDS) })).toEqual(proven(cause));
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test.each([
    ['body-encoding', 'é', Buffer.from(Buffer.from('é').toString('latin1'))],
    ['body-encoding', Buffer.from(Buffer.from('é').toString('latin1')), Buffer.from('é')],
    ['body-encoding', '\ufffd', Buffer.from([0xe9])],
    ['body-normalized', 'é'.normalize('NFC'), Buffer.from('é'.normalize('NFD'))],
    ['body-normalized', 'é'.normalize('NFD'), Buffer.from('é'.normalize('NFC'))],
    [
      'body-rewritten',
      '{"a": [1, {"b": "x,\\ny"}], "c": {}}',
      Buffer.from('{"a":[1,{"b":"x,\\ny"}],"c":{}}'),
    ],
    ['body-rewritten', '{"a": "\\u00e9"}', Buffer.from('{"a":"é"}')],
  ] as const)('%s, example %#', (cause, signed, body) => {
    expect(explain({ body, signature: sign(signed, 'a-signature-key', SECONDS) })).toEqual(proven(cause));
  });
});

describe('a mistake about the key is found', () => {
  test.each<readonly [MismatchCause, string, (key: string) => string | Buffer, (key: string) => string]>([
    ['key-space', 'a line feed around it', (key) => key, (key) => `${key}\n`],
    ['key-space', 'spaces around it', (key) => key, (key) => `  ${key} `],
    ['key-space', 'the signer’s line feed', (key) => `${key}\n`, (key) => key],
    ['key-space', 'the signer’s CRLF', (key) => `${key}\r\n`, (key) => key],
    ['key-quotes', 'double quotes', (key) => key, (key) => `"${key}"`],
    ['key-quotes', 'single quotes', (key) => key, (key) => `'${key}'`],
    ['key-quotes', 'the signer’s quotes', (key) => `"${key}"`, (key) => key],
    ['key-decoded', 'base64', (key) => Buffer.from(key, 'base64'), (key) => key],
    ['key-decoded', 'hex', (key) => Buffer.from(key), (key) => Buffer.from(key).toString('hex')],
    ['key-padding', 'left out', (key) => `${key}=`, (key) => key],
    ['key-padding', 'put in', (key) => key, (key) => `${key}=`],
  ])('%s: %s', (cause, _title, signer, given) => {
    fc.assert(
      fc.property(events, keys, (event, key) => {
        const body = Buffer.from(JSON.stringify(event));
        const signature = hmac(signer(key), body, `.${TIMESTAMP}`).toString('base64');
        expect(explain({ body, keys: given(key), signature })).toEqual(proven(cause));
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  test('another key is named by its label', () => {
    const signature = sign('{}', 'the-key-of-marketing', SECONDS);
    const [finding] = explain({
      signature,
      otherKeys: [{ label: 'marketing', key: 'the-key-of-marketing' }],
    });
    expect(finding).toMatchObject({ cause: 'other-key', certainty: 'proven' });
    expect(finding?.detail).toContain('marketing');
    expect(finding?.detail).not.toContain('the-key-of-marketing');
  });
});

describe('a mistake about what is signed is found', () => {
  const key = 'a-signature-key';
  test.each<readonly [MismatchCause, readonly string[]]>([
    ['signed-order', [TIMESTAMP, '.', '{}']],
    ['signed-body-alone', ['{}']],
    ['signed-without-stop', ['{}', TIMESTAMP]],
    ['timestamp-milliseconds', ['{}', '.', `${TIMESTAMP}000`]],
  ])('%s', (cause, parts) => {
    expect(explain({ signature: hmac(key, ...parts).toString('base64') })).toEqual(proven(cause));
  });

  test.each([
    ['over the milliseconds', `${TIMESTAMP}123`],
    ['over the seconds', TIMESTAMP],
  ])('milliseconds in the header, and the signature %s', (_title, signed) => {
    const signature = hmac(key, '{}', `.${signed}`).toString('base64');
    expect(explain({ timestamp: `${TIMESTAMP}123`, signature })).toEqual(proven('timestamp-milliseconds'));
  });

  test.each([`0${TIMESTAMP}`, ` ${TIMESTAMP}`, `${TIMESTAMP}.25`])('the timestamp %j', (timestamp) => {
    const signature = sign('{}', key, SECONDS);
    expect(explain({ timestamp, signature })).toEqual(proven('timestamp-form'));
  });
});

test.each<readonly [string, (digest: Buffer) => string]>([
  ['hex', (digest) => digest.toString('hex')],
  ['upper-case hex', (digest) => digest.toString('hex').toUpperCase()],
  ['base64 without its padding', (digest) => digest.toString('base64').slice(0, -1)],
  ['base64url', (digest) => digest.toString('base64url')],
  ['base64url with padding', (digest) => `${digest.toString('base64url')}=`],
  ['sha256=', (digest) => `sha256=${digest.toString('hex')}`],
  ['v1=', (digest) => `v1=${digest.toString('base64')}`],
  ['quotes', (digest) => `"${digest.toString('base64')}"`],
])('a signature in another form is found: %s', (_title, write) => {
  fc.assert(
    fc.property(keys, (key) => {
      const digest = hmac(key, '{}', `.${TIMESTAMP}`);
      const signature = write(digest);
      fc.pre(signature !== digest.toString('base64')); // base64url of it may be the same
      expect(explain({ keys: key, signature })).toEqual(proven('signature-form'));
    }),
    { seed: SEED, numRuns: 50 },
  );
});

test('a signature that decodes alike and is not the canonical text is found', () => {
  const canonical = sign('{ "hello": "world" }', 'test-signature-key', 1_669_302_166);
  const signature = canonical.replace('Fg=', 'Fh=');
  const body = Buffer.from('{ "hello": "world" }');
  const given = { body, signature, timestamp: '1669302166', nowSeconds: 1_669_302_166 };
  expect(explain({ ...given, keys: 'test-signature-key' })).toEqual(proven('signature-form'));
});

describe('the time', () => {
  const signature = sign('{}', 'a-signature-key', SECONDS);
  test.each([
    [301, 'The timestamp is 301 s ago'],
    [-4_000, 'The timestamp is 4000 s ahead'],
  ])('is told by its seconds: %d', (skewSeconds, said) => {
    const findings = explain({ signature, nowSeconds: SECONDS + skewSeconds });
    expect(findings).toEqual(proven('clock-skew'));
    expect(findings[0]?.detail).toContain(said);
  });

  test('is no proof of anything without a signature that holds', () => {
    const findings = explain({
      signature: sign('[]', 'a-signature-key', SECONDS),
      nowSeconds: SECONDS + 301,
    });
    expect(findings[0]).toMatchObject({ cause: 'clock-skew', certainty: 'unproven' });
    expect(findings.some(({ certainty }) => certainty === 'proven')).toBe(false);
  });

  test('is told to be none, where it is no number', () => {
    const findings = explain({ signature, timestamp: 'yesterday' });
    expect(findings[0]).toMatchObject({ cause: 'timestamp-form', certainty: 'unproven' });
  });

  test('is tolerated for as long as a receiver would', () => {
    expect(explain({ signature, nowSeconds: SECONDS + 300 })).toEqual([]);
    expect(explain({ signature, nowSeconds: SECONDS + 301, toleranceSeconds: 600 })).toEqual([]);
  });
});

test('two mistakes at once are both found, and so is their timestamp', () => {
  const body = Buffer.from('{"a":1}');
  const signature = hmac('a-signature-key\n', '{"a":1}\n', `.${TIMESTAMP}`).toString('hex');
  const causes = explain({ body, signature, nowSeconds: SECONDS + 3_600 }).map(({ cause }) => cause);
  expect(causes.toSorted()).toEqual(['body-end', 'clock-skew', 'key-space', 'signature-form']);
});

test('what is authentic and in time has nothing to explain, with several keys and signatures too', () => {
  fc.assert(
    fc.property(events, keys, keys, (event, one, other) => {
      const body = Buffer.from(JSON.stringify(event));
      const signature = `${sign(body, other, SECONDS)}, ${sign(body, one, SECONDS)}`;
      expect(explain({ body, signature, keys: ['not-this', { label: 'one', key: one }] })).toEqual([]);
    }),
    { seed: SEED, numRuns: 50 },
  );
});

test('nothing is proven of a forgery, and what was recomputed is ruled out', () => {
  fc.assert(
    fc.property(events, keys, fc.uint8Array({ minLength: 32, maxLength: 32 }), (event, key, digest) => {
      const body = Buffer.from(JSON.stringify(event));
      const findings = explain({ body, keys: key, signature: Buffer.from(digest).toString('base64') });
      expect(new Set(findings.map(({ certainty }) => certainty))).toEqual(new Set(['ruled-out']));
      const causes = findings.map(({ cause }) => cause);
      expect(causes).toContain('body-rewritten');
      expect(causes).not.toContain('other-key');
      expect(new Set(causes).size).toBe(causes.length);
    }),
    { seed: SEED, numRuns: 20 },
  );
});

test('neither a key nor a payload nor a signature is in what it says', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), fc.boolean(), (key, secret, isForged) => {
      const signature = sign(`{"a":"${isForged ? 'b' : secret}"}\n`, key, SECONDS);
      const said = JSON.stringify(explain({ body: Buffer.from(`{"a":"${secret}"}`), keys: key, signature }));
      expect(said).not.toContain(key);
      expect(said).not.toContain(secret);
      expect(said).not.toContain(signature);
    }),
    { seed: SEED, numRuns: 20 },
  );
});

test.each<readonly [MismatchCause, Partial<MismatchInput>]>([
  ['signature-missing', { signature: '' }],
  ['signature-missing', { signature: undefined }],
  ['timestamp-missing', { signature: 'x', timestamp: undefined }],
  ['signature-form', { signature: 'bm90IDMyIGJ5dGVz' }],
])('%s is told by looking: %j', (cause, input) => {
  expect(explain(input)).toEqual(proven(cause));
});

test.each<readonly [string, Partial<MismatchInput>]>([
  ['keys is an empty list', { keys: [] }],
  ['keys[0] is no text or blank', { keys: ' ' }],
  ['otherKeys[1] is no text or blank', { otherKeys: ['a', undefined as unknown as string] }],
  ['toleranceSeconds must be a number above 0', { toleranceSeconds: 0 }],
])('refuses input by its name: %s', (message, input) => {
  expect(() => explain({ signature: 'x', ...input })).toThrow(message);
});

test('a body that is large, or nested deeper than the stack, is explained too', () => {
  const key = 'a-signature-key';
  const large = JSON.stringify({ text: 'x'.repeat(1_000_000) });
  const signature = sign(`${large}\n`, key, SECONDS);
  expect(explain({ body: Buffer.from(large), keys: key, signature })).toEqual(proven('body-end'));
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const deepSignature = sign(`${deep}\n`, key, SECONDS);
  expect(explain({ body: Buffer.from(deep), keys: key, signature: deepSignature })).toEqual(
    proven('body-end'),
  );
});
