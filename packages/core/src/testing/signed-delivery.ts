import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { ShowpadEventMap } from '../events/event-map.ts';
import { checkKnown } from '../shared/check.ts';
import { quote } from '../shared/text.ts';
import { sign } from '../signature/signature.ts';
import { SIGNATURE_HEADER, TIMESTAMP_HEADER } from '../signature/signed-headers.ts';
import { CATALOGUE_FOLDER } from './catalogue-samples.ts';
import type { EventJson } from './event-json.ts';
import { findSample, newEnvelope } from './samples.ts';

export interface SignedDeliveryOptions {
  /** The key to sign with. Several keys give several signatures, as during a rotation. */
  readonly key: string | readonly string[];
  /** Replaces the `data` of the sample or of the event. */
  readonly data?: unknown;
  /** Replaces the id. The same id twice is a duplicate. */
  readonly id?: string;
  /** Unix time in seconds. Default: now. */
  readonly timestampSeconds?: number;
  /** More headers, or other values of the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

export interface SignedDelivery {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The exact body to sign. */
export interface BodySource {
  readonly body: Uint8Array | string;
}

/**
 * A delivery that is signed as Showpad signs: for `receiver.receive`, fetch, supertest or the `inject` of a framework.
 * supertest turns a Buffer into JSON, so pass it `delivery.body.toString()`.
 *
 * @param source an event type, which gives its sample, also one of the folder `showpad-events`, with a new id and time; an event, which is sent as it is; or `{ body }`.
 * @throws TypeError for a type without a sample, unless `data` is given, and for an unknown option.
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
  source: (keyof ShowpadEventMap & string) | (string & {}) | BodySource | EventJson,
  options: SignedDeliveryOptions,
): SignedDelivery {
  const { key, timestampSeconds = Math.floor(Date.now() / 1000), method = 'POST', headers } = options;
  const { data, id } = options;
  checkKnown(options, { key, data, id, timestampSeconds, headers, method });
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

function bodyOf(source: string | BodySource | EventJson, options: SignedDeliveryOptions): Buffer {
  if (typeof source === 'object' && 'body' in source) return Buffer.from(source.body as Uint8Array);
  const event = typeof source === 'string' ? newEvent(source, options) : withoutDate(source);
  const { id = event.id, data = event.data } = options;
  return Buffer.from(JSON.stringify({ ...event, id, data }));
}

function newEvent(type: string, { data }: SignedDeliveryOptions): EventJson {
  const sample = findSample(type);
  if (!sample && data === undefined) {
    const fix = type.trimStart().startsWith('{')
      ? 'To sign text as it is, pass { body: text }.'
      : `Pass the option "data", or add the event to "${CATALOGUE_FOLDER}" in the working directory with "showpad-webhooks events add".`;
    throw new TypeError(`There is no sample of the event type ${quote(type)}. ${fix}`);
  }
  const envelope = newEnvelope();
  return { ...envelope, ...sample, type, data: sample?.data, id: randomUUID(), time: envelope.time };
}

/** Handlers receive the time as a date too, which is not sent. */
function withoutDate(event: EventJson & { readonly date?: unknown }): EventJson {
  const { date, ...sent } = event;
  return date instanceof Date ? sent : event;
}
