import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { ShowpadEventMap } from '../event-map.ts';
import { SIGNATURE_HEADER, sign, TIMESTAMP_HEADER } from '../signature.ts';
import { type EventJson, sampleEvent } from './samples.ts';

export interface SignedDeliveryOptions {
  /** The key to sign with; several give several signatures, as during a rotation. */
  readonly key: string | readonly string[];
  /** In place of the sample's `data`. */
  readonly data?: unknown;
  /** In place of a new one. The same id twice is a duplicate. */
  readonly id?: string;
  /** Unix time in seconds. Default: now. */
  readonly timestampSeconds?: number;
  /** Further headers, or others in place of the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

export interface SignedDelivery {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * A delivery signed as Showpad signs: for `receiver.receive`, fetch, supertest or a framework's `inject`.
 * (supertest turns a Buffer into JSON of its own: give it `.send(body.toString())`.)
 *
 * @param source an event type, for its sample with a new id; an event, sent as it is; or the exact bytes.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { signedDelivery } from '@showpad-webhooks/core/testing';
 *
 * const receiver = createReceiver({ keys: 'test-key', on: { 'shared-space-user-added': () => {} } });
 * const receipt = await receiver.receive(signedDelivery('shared-space-user-added', { key: 'test-key' }));
 * console.log(receipt.response.status); // 200
 * ```
 */
export function signedDelivery(
  source: keyof ShowpadEventMap | (string & {}) | EventJson | Uint8Array,
  options: SignedDeliveryOptions,
): SignedDelivery {
  const { key, timestampSeconds = Math.floor(Date.now() / 1000), method = 'POST', headers } = options;
  const body = bodyOf(source, options);
  const keys = typeof key === 'string' ? [key] : key;
  return {
    method,
    headers: {
      'content-type': 'application/json',
      [TIMESTAMP_HEADER]: String(timestampSeconds),
      [SIGNATURE_HEADER]: keys.map((each) => sign(body, each, timestampSeconds)).join(','),
      ...headers,
    },
    body,
  };
}

function bodyOf(source: string | EventJson | Uint8Array, { id, data }: SignedDeliveryOptions): Buffer {
  if (source instanceof Uint8Array) return Buffer.from(source);
  const event =
    typeof source === 'string'
      ? { ...sampleEvent(source), id: randomUUID(), time: new Date().toISOString() }
      : source;
  return Buffer.from(
    JSON.stringify({ ...event, ...(id !== undefined && { id }), ...(data !== undefined && { data }) }),
  );
}
