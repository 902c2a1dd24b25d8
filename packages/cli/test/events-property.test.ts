import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anonymise } from '../src/events/anonymise.ts';
import { findDifferences } from '../src/events/differences.ts';
import { inferSchema } from '../src/events/infer.ts';
import type { JsonSchema } from '../src/events/json-schema.ts';
import { widen } from '../src/events/widen.ts';

const SEED = 20_261_128;
const keys = fc
  .oneof(
    fc.constantFrom(
      'id',
      'items',
      'type',
      'name',
      'toString',
      'constructor',
      'hasOwnProperty',
      'valueOf',
      'status',
      '*',
      'a b',
    ),
    fc.string({ minLength: 1, maxLength: 12 }),
    fc.emailAddress(),
    fc.uuid(),
  )
  .filter((key) => key !== '__proto__');
const { value: json } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'json' },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.string(),
    fc.constantFrom('OPEN', 'CLOSED'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));
const data = fc.dictionary(keys, json, { maxKeys: 6, noNullPrototype: true });

async function misfits(schema: JsonSchema, values: readonly unknown[]): Promise<readonly string[]> {
  const catalogue = [{ type: 'x', schema, origins: {}, fileName: 'x' }];
  const found = await findDifferences(
    catalogue,
    values.map((each) => ({ type: 'x', data: each })),
  );
  return found.map(({ path, problem }) => `${path} ${problem}`);
}

describe('whatever JSON there is', { timeout: 600_000 }, () => {
  test('the inferred schema fits all of it, and so does a sample without personal data', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(data, { minLength: 1, maxLength: 4 }), async (values) => {
        const schema = await inferSchema(values);
        expect(await misfits(schema, values)).toEqual([]);
        expect(await misfits(schema, values.map(anonymise))).toEqual([]);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  test('a schema that was widened fits what both fitted, and widening it again changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(data, data, async (one, other) => {
        const [known, found] = [await inferSchema([one]), await inferSchema([other])];
        const widened = widen(known, found);
        expect(await misfits(widened, [one, other])).toEqual([]);
        expect(widen(widened, found)).toEqual(widened);
        expect(widen(widened, known)).toEqual(widened);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});

/** A person's data, in the forms and the places in which it may come. */
const SECRETS = [
  'Kent Cook',
  'kent',
  'KENT',
  'Zoë-Marie O’Neil',
  'kent.cook@showpad.com',
  '"Kent" <kent@example.org>',
  'KENT@EXAMPLE.ORG',
  '+32 477 12 34 56',
  '0477123456',
  '14aade8219854ed5b096b759e036e646',
  '14AADE8219854ED5',
  'c40b30f2-fabf-4c89-aed0-f5f5aaac9a24',
  '01GVZ8663CJAREF2SJE5XQRX7W',
  'ACC-77812',
  'user_7781',
  'https://acme.showpad.biz/u/kent?token=abcdef123',
  'mailto:kent@example.org',
  '1984-05-06',
  '1984-05-06T07:08:09.123+02:00',
  'eyJhbGciOi.eyJzdWIi.c2lnbmF0',
  '10.20.30.40',
  'fe80::1ff:fe23:4567:890a',
  'BE71 0961 2345 6769',
  'Kent_Cook_CV.pdf',
  '<b>Kent</b>',
  'kent\u0000cook',
  '$(kent)',
  'Мария',
  '山田太郎',
  'x'.repeat(5_000),
];

describe('a hostile sample', () => {
  const fields = [
    'name',
    'value',
    'owner',
    'displayName',
    'createdBy',
    'title',
    'source',
    'url',
    'x',
    'type',
    'status',
    'mimeType',
    'language',
    'contentType',
  ];

  test.each(SECRETS)('does not keep %j, as a value, in a list, in a text or as a key', (secret) => {
    for (const field of fields) {
      // A word under "type" or "status" looks like a choice, and that is documented.
      if (/^(type|status|source)$/.test(field) && /^[A-Za-z]+$/.test(secret)) continue;
      const sample = {
        [field]: secret,
        list: [{ [field]: secret }, secret],
        text: `Hello ${secret}!`,
        map: { [`${secret} `]: { [field]: secret } },
      };
      const text = JSON.stringify(anonymise(sample)).toLowerCase();
      expect(text, field).not.toContain(JSON.stringify(secret).slice(1, -1).toLowerCase());
    }
  });

  test('keeps no large number, no number with a fraction, and no number that is named like an id', () => {
    const sample = {
      userId: 42,
      phone: 32477123456,
      revenue: 1_234_567,
      latitude: 51.05,
      age: 39,
      zip: 9000,
      seconds: 12,
    };
    const kept = Object.entries(anonymise(sample) as typeof sample).filter(
      ([name, value]) => sample[name as 'age'] === value,
    );
    expect(kept).toEqual([['seconds', 12]]);
  });
});
