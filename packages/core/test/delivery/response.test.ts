import { type ErrorCode, ShowpadWebhookError, type WebhookRequest } from '@showpad-webhooks/core';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';
import { CODES } from '../../src/delivery/response.ts';
import { deferred, delivery, probe, TYPE } from '../support.ts';

const COMMON = { 'content-type': 'application/json', 'cache-control': 'no-store' };

/** The whole table, written out. Showpad never retries a 4xx, so each of them is a promise. */
const FAILURES: Record<ErrorCode, readonly [status: number, outcome: string, isFinal: boolean]> = {
  SIGNATURE_MISSING: [401, 'rejected', false],
  SIGNATURE_MALFORMED: [401, 'rejected', false],
  SIGNATURE_MISMATCH: [401, 'rejected', false],
  TIMESTAMP_MISSING: [401, 'rejected', false],
  TIMESTAMP_MALFORMED: [401, 'rejected', false],
  TIMESTAMP_TOO_OLD: [401, 'rejected', false],
  TIMESTAMP_IN_FUTURE: [401, 'rejected', false],
  BODY_INVALID: [400, 'rejected', true],
  EVENT_INVALID: [400, 'rejected', true],
  METHOD_NOT_ALLOWED: [405, 'rejected', false],
  BODY_TOO_LARGE: [413, 'rejected', false],
  ENCODING_UNSUPPORTED: [415, 'rejected', false],
  PERMANENT_FAILURE: [422, 'failed', true],
  HANDLER_FAILED: [500, 'failed', false],
  HANDLER_TIMEOUT: [503, 'unavailable', true],
  EVENT_TOO_LARGE: [503, 'unavailable', true],
  OVERLOADED: [503, 'unavailable', false],
  CLOCK_SUSPECT: [503, 'unavailable', false],
  IN_PROGRESS: [503, 'unavailable', false],
  LEDGER_FAILED: [503, 'unavailable', false],
  INBOX_FAILED: [503, 'unavailable', false],
  KEY_LOOKUP_FAILED: [503, 'unavailable', false],
  RAW_BODY_UNAVAILABLE: [503, 'unavailable', false],
  BODY_TIMEOUT: [503, 'unavailable', false],
  CLOSED: [503, 'unavailable', false],
  EVENT_CONFLICT: [503, 'unavailable', false],
  EVENT_DRIFT: [503, 'unavailable', false],
};
const codes = Object.keys(FAILURES) as ErrorCode[];

describe('the table of codes', () => {
  test('says for each code its outcome, its status, and whether a retry is useless', () => {
    const table = Object.entries(CODES).map(([code, { status, outcome, isFinal }]) => [
      code,
      [status, outcome, isFinal],
    ]);
    expect(Object.fromEntries(table)).toEqual(FAILURES);
  });

  // A reader of bodies may reject with any code, so the response to each can be seen.
  test.each(codes)('%s is the response to an error of this code', async (code) => {
    const [status, outcome] = FAILURES[code];
    const body = () => Promise.reject(new ShowpadWebhookError(code, 'No.', { hint: 'None.' }));
    const receipt = await probe({ methods: ['POST', 'GET'] }).receiver.receive({ ...delivery(), body });
    expect(receipt.outcome).toBe(outcome);
    expect(receipt.response).toEqual({
      status,
      headers: {
        ...COMMON,
        'showpad-webhooks': `${outcome} ${code}`,
        ...(status === 405 && { allow: 'POST, GET' }),
        ...(status === 503 && { 'retry-after': '3' }),
        connection: 'close',
      },
      body: `{"outcome":"${outcome}","code":"${code}"}`,
    });
  });

  test.each([
    ['handled', 200, { on: { [TYPE]: () => {} } }],
    ['ignored', 200, {}],
    ['queued', 202, { inbox: createMemoryInbox() }],
  ] as const)('%s is the outcome of a response of %i', async (outcome, status, options) => {
    const { response } = await probe(options).receiver.receive(delivery());
    const headers = { ...COMMON, 'showpad-webhooks': outcome };
    expect(response).toEqual({ status, headers, body: `{"outcome":"${outcome}"}` });
  });

  test('duplicate is the outcome of a response of 200', async () => {
    const { receiver } = probe({ on: { [TYPE]: () => {} } });
    await receiver.receive(delivery());
    const { response } = await receiver.receive(delivery());
    const headers = { ...COMMON, 'showpad-webhooks': 'duplicate' };
    expect(response).toEqual({ status: 200, headers, body: '{"outcome":"duplicate"}' });
  });
});

describe('Connection: close', () => {
  const sound = delivery();
  const forged = delivery('event-1', { key: 'a-forged-key' });
  const read = (body: Uint8Array) => async () => body;
  const gone = () => Promise.reject(new Error('socket hang up'));

  test.each<[string, Partial<WebhookRequest>]>([
    ['401 SIGNATURE_MISSING', { headers: {}, body: read(sound.body) }],
    ['405 METHOD_NOT_ALLOWED', { method: 'PUT', body: read(sound.body) }],
    ['413 BODY_TOO_LARGE', { body: read(Buffer.alloc(40 * 2 ** 20 + 1)) }],
    ['503 RAW_BODY_UNAVAILABLE', { body: gone }],
  ])('%s: with a body that was not read to its end', async (answer, change) => {
    const { response, error } = await probe().receiver.receive({ ...sound, ...change });
    expect(`${response.status} ${error?.code}`).toBe(answer);
    expect(response.headers.connection).toBe('close');
  });

  test.each<[string, Partial<WebhookRequest>]>([
    ['401 SIGNATURE_MISSING', { headers: {} }],
    ['401 SIGNATURE_MISMATCH', { ...forged, body: read(forged.body) }],
    ['405 METHOD_NOT_ALLOWED', { method: 'PUT' }],
    ['500 HANDLER_FAILED', { body: read(sound.body) }],
  ])('%s: not with a body that was read', async (answer, change) => {
    const { receiver } = probe({ on: { [TYPE]: () => Promise.reject(new Error('the CRM is down')) } });
    const { response, error } = await receiver.receive({ ...sound, ...change });
    expect(`${response.status} ${error?.code}`).toBe(answer);
    expect(response.headers).not.toHaveProperty('connection');
  });

  test('of every failure after close() was called, because the process is about to end', async () => {
    const crm = deferred();
    const { receiver } = probe({ on: { [TYPE]: () => crm.promise } });
    const running = receiver.receive(sound);
    const closed = receiver.close();
    crm.reject(new Error('the CRM is down'));
    expect((await running).response).toMatchObject({ status: 500, headers: { connection: 'close' } });
    await closed;
    expect((await receiver.receive(sound)).response.headers.connection).toBe('close');
  });
});
