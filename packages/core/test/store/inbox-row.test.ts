import { createRowReader, type InboxRow, seqOfUnreadable, storedMeta } from '@showpad-webhooks/core/store';
import { describe, expect, test } from 'vitest';
import { NOW_MS } from '../support.ts';

const BODY = Buffer.from('{"secret":"payload"}');
const ERROR = { code: 'HANDLER_FAILED', message: 'The CRM is down.', handlerName: 'crm' };
const FAILED = { ...ERROR, attempt: 1, generation: 0, startedAtMs: NOW_MS, endedAtMs: NOW_MS + 1 };
const ENTRY = {
  id: 'event \0 \ud800',
  type: 'asset-viewed',
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  timestampSeconds: 1_669_302_166,
  receivedAtMs: NOW_MS,
};
/** The whole entry as an inbox gives it to a store, without a URL and a label. */
const GIVEN = { ...ENTRY, url: undefined, keyLabel: undefined, body: BODY, bodyDigest: 5, error: ERROR };

const reader = createRowReader('inbox');

function rowOf(changes: Partial<InboxRow> = {}): InboxRow {
  return {
    seq: 7,
    state: 'pending',
    at_ms: NOW_MS + 2,
    fence: 3,
    attempt: 2,
    generation: 1,
    body_digest: 5,
    handlers: '["crm"]',
    error: null,
    failures: JSON.stringify([FAILED]),
    meta: storedMeta(GIVEN),
    body_bytes: BODY.length,
    has_body: true,
    body: BODY,
    ...changes,
  };
}

test('what has a column of its own is not stored once more', () => {
  expect(JSON.parse(storedMeta(GIVEN))).toEqual(ENTRY);
});

describe('a row', () => {
  test('is claimed as the entry that was put, with its attempts', () => {
    expect(reader.toClaimed(rowOf({ error: JSON.stringify(ERROR) }))).toStrictEqual({
      ...GIVEN,
      fence: 3,
      attempt: 2,
      generation: 1,
      done: ['crm'],
      failures: [FAILED],
    });
    expect(reader.toClaimed(rowOf()).error).toBe(undefined);
  });

  test('is listed with the time that its state gives it, and with the body if that was asked for', () => {
    const item = {
      ...ENTRY,
      url: undefined,
      keyLabel: undefined,
      bodyDigest: 5,
      error: undefined,
      done: ['crm'],
      failures: [FAILED],
      bodyBytes: BODY.length,
      hasBody: true,
      state: 'pending',
      attempt: 2,
      generation: 1,
      dueAtMs: NOW_MS + 2,
    };
    expect(reader.toItem(rowOf())).toStrictEqual({ ...item, body: BODY });
    const { body: _, ...withoutBody } = rowOf();
    expect(reader.toItem(withoutBody)).toStrictEqual(item);
    expect(reader.toItem({ ...withoutBody, body: null })).toStrictEqual(item);
    expect(reader.toItem(rowOf({ state: 'leased' }))).toMatchObject({ leasedUntilMs: NOW_MS + 2 });
    expect(reader.toItem(rowOf({ state: 'dead' }))).toMatchObject({ settledAtMs: NOW_MS + 2 });
  });

  test.each([
    ['text', (value: number) => String(value)],
    ['bigint', BigInt],
  ])('may have its numbers as %s', (_type, convert) => {
    const { seq, at_ms, fence, attempt, generation, body_digest, body_bytes } = rowOf();
    const numbers = { seq, at_ms, fence, attempt, generation, body_digest, body_bytes };
    const converted = Object.fromEntries(
      Object.entries(numbers).map(([name, value]) => [name, convert(Number(value))]),
    );
    expect(reader.toClaimed(rowOf(converted))).toStrictEqual(reader.toClaimed(rowOf()));
    expect(reader.toItem(rowOf(converted))).toStrictEqual(reader.toItem(rowOf()));
  });

  test.each([
    [true, true],
    [1, true],
    [1n, true],
    [false, false],
    [0, false],
    [0n, false],
  ])('with has_body %s has a body: %s', (has_body, hasBody) => {
    expect(reader.toItem(rowOf({ has_body })).hasBody).toBe(hasBody);
  });

  test('may have its body as a Buffer, as any Uint8Array, or as an ArrayBuffer', () => {
    for (const body of [BODY, new Uint8Array(BODY), new Uint8Array(BODY).buffer]) {
      expect(Buffer.from(reader.toClaimed(rowOf({ body })).body)).toEqual(BODY);
      expect(Buffer.from(reader.toItem(rowOf({ body })).body ?? [])).toEqual(BODY);
    }
  });

  test.each([undefined, null, 'text', 7])('cannot be claimed if its body is %j', (body) => {
    expect(() => reader.toClaimed(rowOf({ body: body as never }))).toThrow(
      new Error('Its body is not there.'),
    );
    expect(reader.toItem(rowOf({ body: body as never }))).not.toHaveProperty('body');
  });
});

const UNREADABLE: readonly (readonly [Partial<InboxRow>, reason: string])[] = [
  [{ meta: '{"secret' }, 'Its column "meta" is not JSON.'],
  [{ meta: 'null' }, 'Its column "meta" has no id or no headers.'],
  [{ meta: '{"headers":{}}' }, 'Its column "meta" has no id or no headers.'],
  [{ meta: '{"id":"secret"}' }, 'Its column "meta" has no id or no headers.'],
  [{ meta: '{"id":"secret","headers":null}' }, 'Its column "meta" has no id or no headers.'],
  [{ error: '"secret' }, 'Its column "error" is not JSON.'],
  [{ handlers: '["secret' }, 'Its column "handlers" is not JSON.'],
  [{ handlers: '"secret"' }, 'Its column "handlers" is not a list of names.'],
  [{ handlers: '["crm",7]' }, 'Its column "handlers" is not a list of names.'],
  [{ failures: '["secret' }, 'Its column "failures" is not JSON.'],
  [{ failures: '{"secret":1}' }, 'Its column "failures" is not a list of attempts.'],
  [{ failures: '[null]' }, 'Its column "failures" is not a list of attempts.'],
  [
    { failures: JSON.stringify([FAILED, { message: 7 }]) },
    'Its column "failures" is not a list of attempts.',
  ],
];

describe.each(UNREADABLE)('a row that something else has changed: %j', (changes, reason) => {
  test('is listed under its place, and says what cannot be read without quoting it', () => {
    const message = `The row of this event in the table inbox cannot be read. ${reason} Something else has changed the row.`;
    expect(reader.toItem(rowOf(changes))).toStrictEqual({
      id: 'unreadable:7',
      type: '',
      bodyDigest: 5,
      method: '',
      url: undefined,
      headers: {},
      timestampSeconds: 0,
      keyLabel: undefined,
      receivedAtMs: 0,
      error: { code: 'INBOX_FAILED', message },
      done: [],
      failures: [],
      dueAtMs: NOW_MS + 2,
      body: BODY,
      bodyBytes: BODY.length,
      hasBody: true,
      state: 'pending',
      attempt: 2,
      generation: 1,
    });
  });

  test('cannot be claimed, and what is kept of it says so', () => {
    const claim = () => reader.toClaimed(rowOf(changes));
    expect(claim).toThrow(new Error(reason));
    expect(reader.unreadableError(new Error(reason)).message).toContain(` ${reason} `);
  });

  test('can be erased', () => {
    expect(JSON.parse(reader.erasedMeta(rowOf(changes)))).toMatchObject({ id: 'erased:7', isErased: true });
  });
});

test('of a row that is erased, the type and the time stay', () => {
  const meta = reader.erasedMeta(rowOf({ seq: '7' }));
  expect(JSON.parse(meta)).toEqual({
    id: 'erased:7',
    type: 'asset-viewed',
    method: '',
    headers: {},
    timestampSeconds: 0,
    receivedAtMs: NOW_MS,
    isErased: true,
  });
  expect(reader.toItem(rowOf({ meta })).isErased).toBe(true);
});

test.each([
  ['unreadable:7', 7],
  ['erased:7', 7],
  [`unreadable:${'9'.repeat(15)}`, 999_999_999_999_999],
  [`unreadable:${'9'.repeat(16)}`, undefined],
  ['unreadable:', undefined],
  ['unreadable:x', undefined],
  ['not-unreadable:7', undefined],
  ['unreadable:7 ', undefined],
  ['event-7', undefined],
])('the id %j is that of the row %s', (id, seq) => {
  expect(seqOfUnreadable(id)).toBe(seq);
});
