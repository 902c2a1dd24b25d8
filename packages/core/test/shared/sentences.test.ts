import {
  createMemoryLedger,
  createReceiver,
  type ErrorCode,
  type Ledger,
  PermanentError,
  parseEvent,
  ShowpadWebhookError,
  SIGNATURE_HEADER,
  type StandardSchemaV1,
  sign,
  TIMESTAMP_HEADER,
  verifySignature,
  type WebhookRequest,
} from '@showpad-webhooks/core';
import { explainMismatch } from '@showpad-webhooks/core/explain';
import { checkPath, findRawBody, readBody, toReceiver } from '@showpad-webhooks/core/node';
import { createMemoryInbox, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CODES } from '../../src/delivery/response.ts';
import { FIXES } from '../../src/explain/cause.ts';
import { openPost } from '../node/open-request.ts';
import {
  type CommonProbeOptions,
  delivery,
  KEY,
  type ProbeOptions,
  probe,
  settled,
  startTime,
  stopTime,
  TYPE,
} from '../support.ts';

beforeEach(stopTime);
afterEach(startTime);

/** Begins with a capital letter or something quoted, and ends as a sentence does. */
const SENTENCES = /^["'`A-Z].*[.?]$/s;
/** Words that no text of this project uses, because nobody expects them. */
const STRANGE_WORDS = /\b(mend|anew|beside|alike|thereof|for one|as it stands)\b/i;

function expectSentences(text: string): void {
  expect(text).toMatch(SENTENCES);
  expect(text).not.toMatch(STRANGE_WORDS);
  // Two full stops, or a full stop after a question mark, come from texts that were put together.
  expect(text).not.toMatch(/[.?]\.|\s{2}/);
}

const never = () => new Promise<never>(() => {});
const fail = () => Promise.reject(new Error('It is down.'));
const on = (handler: () => unknown): CommonProbeOptions => ({ on: { [TYPE]: handler } });
const ledgerWith = (changes: Partial<Ledger>): ProbeOptions => ({
  ...on(() => {}),
  ledger: { ...createMemoryLedger(), ...changes },
});

/** What brings each error about: a receiver, and what differs from a good delivery. */
const ERRORS: readonly (readonly [ErrorCode, ProbeOptions, () => Partial<WebhookRequest>])[] = [
  ['SIGNATURE_MISSING', {}, () => ({ headers: {} })],
  ['SIGNATURE_MALFORMED', {}, () => withHeaders({ [SIGNATURE_HEADER]: 'x' })],
  ['SIGNATURE_MISMATCH', {}, () => delivery('event-1', { key: 'a-forged-key' })],
  ['TIMESTAMP_MISSING', {}, () => withHeaders({ [TIMESTAMP_HEADER]: '' })],
  ['TIMESTAMP_MALFORMED', {}, () => withHeaders({ [TIMESTAMP_HEADER]: 'x' })],
  ['TIMESTAMP_TOO_OLD', {}, () => delivery('event-1', { timestampSeconds: 1 })],
  ['CLOCK_SUSPECT', {}, () => delivery('event-1', { timestampSeconds: 9_999_999_999 })],
  [
    'TIMESTAMP_IN_FUTURE',
    {},
    () => delivery('event-1', { timestampSeconds: 9_999_999_999, key: 'a-forged-key' }),
  ],
  ['METHOD_NOT_ALLOWED', {}, () => ({ method: 'PUT' })],
  ['BODY_TOO_LARGE', { maxBodyBytes: 1 }, () => ({})],
  ['EVENT_TOO_LARGE', { maxBodyBytes: delivery().body.byteLength - 1 }, () => ({})],
  ['OVERLOADED', { maxBytesInFlight: 1 }, () => ({})],
  ['ENCODING_UNSUPPORTED', {}, () => withHeaders({ 'content-encoding': 'gzip' })],
  ['BODY_INVALID', {}, () => signedDelivery({ body: 'x' }, { key: KEY })],
  ['BODY_INVALID', {}, () => signedDelivery({ body: '[]' }, { key: KEY })],
  ['EVENT_INVALID', {}, () => signedDelivery({ body: '{}' }, { key: KEY })],
  ['EVENT_INVALID', { methods: ['GET'] }, () => signedDelivery({ body: '' }, { key: KEY, method: 'GET' })],
  ['RAW_BODY_UNAVAILABLE', {}, () => ({ body: {} as never })],
  ['RAW_BODY_UNAVAILABLE', {}, () => ({ body: fail })],
  ['KEY_LOOKUP_FAILED', { keys: fail }, () => ({})],
  ['KEY_LOOKUP_FAILED', { keys: never }, () => ({})],
  ['HANDLER_FAILED', on(fail), () => ({})],
  ['SIGNATURE_MISSING', {}, () => ({ headers: null as never })],
  ['HANDLER_FAILED', { ...on(() => {}), schemas: { [TYPE]: strictSchema() } }, () => ({})],
  ['HANDLER_TIMEOUT', on(never), () => ({})],
  ['PERMANENT_FAILURE', on(() => Promise.reject(new PermanentError('It is gone.'))), () => ({})],
  ['LEDGER_FAILED', ledgerWith({ claim: fail }), () => ({})],
  ['LEDGER_FAILED', ledgerWith({ complete: () => false }), () => ({})],
  ['INBOX_FAILED', { ...on(() => {}), inbox: createMemoryInbox() }, () => ({})],
  ['INBOX_FAILED', { inbox: { ...createMemoryInbox(), put: fail } }, () => ({})],
];

function withHeaders(changed: Record<string, string>): Partial<WebhookRequest> {
  return { headers: { ...delivery().headers, ...changed } };
}

function strictSchema() {
  const validate = () => ({ issues: [{ message: 'no', path: ['a'] }] });
  return { '~standard': { version: 1 as const, vendor: 'test', validate } };
}

describe('the message and the hint of an error are sentences', () => {
  const seen = new Set<ErrorCode>();

  function expectError(code: ErrorCode, errors: readonly ShowpadWebhookError[]): void {
    expect(errors.map((error) => error.code)).toContain(code);
    for (const error of errors) {
      seen.add(error.code);
      expectSentences(error.message);
      expectSentences(error.hint);
    }
  }

  test.each(ERRORS)('%s, example %#', async (code, options, change) => {
    const { receiver, errors, rejected } = probe(options);
    const receiving = receiver.receive({ ...delivery(), ...change() });
    await settled();
    await vi.advanceTimersByTimeAsync(60_000);
    await receiving;
    expectError(code, [...errors, ...rejected]);
  });

  test('IN_PROGRESS and EVENT_CONFLICT', async () => {
    const { deliver, errors } = probe(on(never));
    void deliver();
    await settled();
    await deliver('event-1', { data: 1 });
    expectError('EVENT_CONFLICT', errors);
    await deliver();
    expectError('IN_PROGRESS', errors);
  });

  test('EVENT_DRIFT', async () => {
    const validate = () => ({ issues: [{ message: 'x', path: ['inviter'] }] });
    const schema: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'test', validate } };
    const { deliver, errors } = probe({ ...on(() => {}), schemas: { [TYPE]: schema }, schemaMode: 'report' });
    expect(await deliver()).toBe('200 handled');
    expectError('EVENT_DRIFT', errors);
  });

  test('CLOSED', async () => {
    const { receiver, deliver, errors } = probe();
    await receiver.close();
    await deliver();
    expectError('CLOSED', errors);
  });

  test('BODY_TIMEOUT, and whatever else a body reader says', async () => {
    const errors: ShowpadWebhookError[] = [];
    const keep = (error: ShowpadWebhookError) => void errors.push(error);
    const slow = await openPost(9, 'half');
    const reading = readBody(slow.req, 100).catch(keep);
    await vi.advanceTimersByTimeAsync(10_000);
    await reading;
    const large = await openPost(9, '123456789');
    await readBody(large.req, 1).catch(keep);
    await readBody(large.req, 1).catch(keep);
    const textual = await openPost(9, '123456789');
    textual.req.setEncoding('utf8');
    await readBody(textual.req, 100).catch(keep);
    const gone = await openPost(9);
    const interrupted = readBody(gone.req, 100).catch(keep);
    gone.req.destroy();
    await interrupted;
    const raw = findRawBody({ req: large.req, body: {}, explainMissingBody: () => 'Move it.' });
    await (raw as (limitBytes: number) => Promise<never>)(1).catch(keep);
    expect(errors).toHaveLength(6);
    expectError('BODY_TIMEOUT', errors);
  });

  // Tests run in random order, so this is checked after all of them.
  afterAll(() => expect(seen).toEqual(new Set(Object.keys(CODES))));
});

describe('the message of a TypeError is a sentence that may begin with the name of an option', () => {
  const OPTION = /^(keys|key|otherKeys|schemas|timestampSeconds)\b/;
  const receiver = createReceiver({ keys: KEY });
  const create = (options: object) => () => createReceiver({ keys: KEY, ...options } as never);

  test.each<() => unknown>([
    create({ keys: undefined }),
    create({ keys: [] }),
    create({ keys: [''] }),
    create({ keys: ' x' }),
    create({ keys: { label: '', key: 'x' } }),
    create({ keys: Array(1_001).fill('x') }),
    create({ port: 1 }),
    create({ maxBodyBytes: 0 }),
    create({ methods: [] }),
    create({ schemas: { a: {} } }),
    create({ name: '' }),
    create({ name: 'a', inbox: createMemoryInbox() }),
    create({ inbox: createMemoryInbox(), ledger: createMemoryLedger() }),
    () => createReceiver(undefined as never),
    () => receiver.on(TYPE, undefined as never),
    () => createMemoryLedger({ maxEntries: 0 }),
    () => createMemoryInbox({ leaseMs: 0 }),
    () => sign('', KEY, 0),
    () => sign('', '', 1),
    () => verifySignature({ body: Buffer.alloc(0), headers: {}, keys: KEY, toleranceSeconds: 0 }),
    () => explainMismatch({ body: Buffer.alloc(0), headers: {}, keys: [] }),
    () => explainMismatch({ body: Buffer.alloc(0), headers: {}, keys: '' }),
    () => checkPath('x'),
    () => toReceiver({ receiver, keys: KEY } as never),
    () => sampleEvent('nope'),
    () => signedDelivery('nope', { key: KEY }),
    () => signedDelivery('{}', { key: KEY }),
  ])('example %#', (call) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(expect.objectContaining({ message: expect.stringMatching(/[.?_-]$/) }));
    expect(call).not.toThrow(STRANGE_WORDS);
    expect(messageOf(call).replace(OPTION, 'It')).toMatch(/^["'`A-Z]/);
  });
});

test('the findings of the explainer are sentences', () => {
  for (const fix of Object.values(FIXES)) expectSentences(fix);
  const headers = { [SIGNATURE_HEADER]: sign('x', 'y', 1), [TIMESTAMP_HEADER]: '1' };
  for (const { detail } of explainMismatch({ body: Buffer.from('{}'), headers, keys: KEY })) {
    expectSentences(detail);
  }
});

test('what a parser of events throws is a sentence', () => {
  expectSentences(messageOf(() => parseEvent('')));
});

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('It did not throw.');
}
