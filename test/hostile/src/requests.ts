import { type SignedDelivery, signedDelivery } from '@showpad-webhooks/core/testing';
import { expect } from 'vitest';
import {
  event,
  type HostileDelivery,
  type HostileHeaders,
  KEY,
  NOW_SECONDS,
  PAYLOAD,
  TYPE,
} from './entry.ts';
import type { HostileRequest } from './transport/transport.ts';

export const STATUSES: readonly number[] = [200, 400, 401, 405, 413, 415, 422, 500, 503];

/** Makes what an attacker sends: a good delivery, changed as the entry says. */
export function requestOf({
  body,
  signedAtSeconds = 0,
  headers,
  sentBody,
  method,
}: HostileDelivery): HostileRequest {
  const bytes = typeof body === 'function' ? body() : (body ?? event(PAYLOAD));
  const timestampSeconds = NOW_SECONDS + signedAtSeconds;
  const sound = signedDelivery({ body: bytes }, { key: KEY, timestampSeconds });
  const changed = Object.entries(headers?.(sound.headers) ?? sound.headers).filter(
    ([, value]) => value !== undefined,
  );
  return {
    method: method ?? 'POST',
    headers: Object.fromEntries(changed) as HostileHeaders,
    body: sentBody?.(bytes) ?? bytes,
  };
}

export function good(id: string, data: unknown): SignedDelivery {
  return signedDelivery({ type: TYPE, id, data }, { key: KEY, timestampSeconds: NOW_SECONDS });
}

/** An answer must contain nothing secret and nothing that was sent. */
export function expectNoLeak(answer: string): void {
  expect(answer).not.toContain(KEY);
  expect(answer).not.toContain(PAYLOAD);
  expect(answer).not.toMatch(/[A-Za-z0-9+/]{43}=/);
}
