import type { ShowpadWebhookErrorCode, WebhookRequest } from '@showpad-webhooks/core';
import { describe, expect, test } from 'vitest';
import { failureOutcome, failureResponse, successResponse } from '../src/response.ts';
import { deferred, delivery, probe, TYPE } from './support.ts';

const COMMON = { 'content-type': 'application/json', 'cache-control': 'no-store' };

/** The whole table, written out: a 4xx is never retried, so each of them is a promise. */
const FAILURES: Record<ShowpadWebhookErrorCode, [status: number, outcome: string]> = {
  SIGNATURE_MISSING: [401, 'rejected'],
  SIGNATURE_MALFORMED: [401, 'rejected'],
  SIGNATURE_MISMATCH: [401, 'rejected'],
  TIMESTAMP_MISSING: [401, 'rejected'],
  TIMESTAMP_MALFORMED: [401, 'rejected'],
  TIMESTAMP_TOO_OLD: [401, 'rejected'],
  TIMESTAMP_IN_FUTURE: [401, 'rejected'],
  BODY_INVALID: [400, 'rejected'],
  EVENT_INVALID: [400, 'rejected'],
  METHOD_NOT_ALLOWED: [405, 'rejected'],
  BODY_TOO_LARGE: [413, 'rejected'],
  ENCODING_UNSUPPORTED: [415, 'rejected'],
  PERMANENT_FAILURE: [422, 'refused'],
  HANDLER_FAILED: [500, 'failed'],
  IN_PROGRESS: [503, 'unavailable'],
  LEDGER_FAILED: [503, 'unavailable'],
  INBOX_FAILED: [503, 'unavailable'],
  KEY_LOOKUP_FAILED: [503, 'unavailable'],
  RAW_BODY_UNAVAILABLE: [503, 'unavailable'],
  BODY_TIMEOUT: [503, 'unavailable'],
  CLOSED: [503, 'unavailable'],
  EVENT_CONFLICT: [503, 'unavailable'],
};
const codes = Object.entries(FAILURES) as [ShowpadWebhookErrorCode, [number, string]][];

describe('the status table', () => {
  test.each([
    ['handled', 200],
    ['ignored', 200],
    ['duplicate', 200],
    ['queued', 202],
  ] as const)('%s: %i', (outcome, status) => {
    expect(successResponse(outcome)).toEqual({ status, headers: COMMON, body: `{"outcome":"${outcome}"}` });
  });

  test.each(codes)('%s: %j', (code, [status, outcome]) => {
    expect(failureOutcome(code)).toBe(outcome);
    expect(failureResponse(code, ['POST'], false)).toEqual({
      status,
      headers: {
        ...COMMON,
        ...(status === 405 && { allow: 'POST' }),
        ...(status === 503 && { 'retry-after': '3' }),
      },
      body: `{"outcome":"${outcome}","code":"${code}"}`,
    });
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
    ['413 BODY_TOO_LARGE', { body: read(Buffer.alloc(2 ** 20 + 1)) }],
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

  test('whatever fails once the receiver closes: its process is about to end', async () => {
    const crm = deferred();
    const { receiver } = probe({ on: { [TYPE]: () => crm.promise } });
    const running = receiver.receive(sound);
    await Promise.resolve();
    const closed = receiver.close();
    crm.reject(new Error('the CRM is down'));
    expect((await running).response).toMatchObject({ status: 500, headers: { connection: 'close' } });
    await closed;
    expect((await receiver.receive(sound)).response.headers.connection).toBe('close');
  });
});
