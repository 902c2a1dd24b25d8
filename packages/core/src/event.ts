import { ShowpadWebhookError } from './error.ts';
import type { ShowpadEventMap } from './event-map.ts';
import { FOREIGN_BODY_HINT, parseJson } from './json.ts';

/** Event types to their `data`: any object type, so that an interface can be merged into. */
export type EventMap = object;

/** What every event carries (docs/showpad.md, "Envelope"). The envelope resembles CloudEvents and is not CloudEvents. */
export interface EventEnvelope<Type extends string, Data> {
  readonly type: Type;
  /** The same on every retry (assumed), a UUID in every published sample. */
  readonly id: string;
  /** Documented as a string, published as the number 1. */
  readonly specversion: string | number | undefined;
  /** As sent: Showpad's own sample holds a time that is no date. */
  readonly time: string | undefined;
  /** `time`, where it is a date. */
  readonly date: Date | undefined;
  readonly data: Data;
}

/**
 * A string at run time like any other `type`. Nominal, so that comparing `event.type` with a type of the map
 * narrows the event; TypeScript has no other string type that a literal is not comparable to.
 */
declare enum UnknownEventType {
  Unknown = 'a type that is not in the map',
}

/** An event of a type that is not in the map. */
export type UnknownEvent = EventEnvelope<UnknownEventType, unknown>;

/** The event of one type, or the union of several. */
export type EventOf<Events extends EventMap, Type extends keyof Events & string> = Type extends Type
  ? EventEnvelope<Type, Events[Type]>
  : never;

/** Any event. Comparing `event.type` with a type of the map narrows `event.data`. */
export type ShowpadEvent<Events extends EventMap = ShowpadEventMap> =
  | EventOf<Events, keyof Events & string>
  | UnknownEvent;

/**
 * Reads an event from a body that was verified before. Lenient: only `type` and `id` must be usable, unknown
 * types are events too, and `data` is not checked (give the receiver `schemas` for that). Keys that could
 * reach a prototype (`__proto__`, `constructor.prototype`) are left out.
 *
 * @throws ShowpadWebhookError `BODY_INVALID` (no JSON object) or `EVENT_INVALID` (no usable `type` or `id`).
 *
 * @example
 * ```ts
 * import { parseEvent } from '@showpad-webhooks/core';
 *
 * const event = parseEvent('{"type":"shared-space-created","id":"1","data":{"sharedSpace":{"name":"Q3"}}}');
 * if (event.type === 'shared-space-created') console.log(event.data.sharedSpace?.name); // Q3
 * ```
 */
export function parseEvent(body: Uint8Array | string): ShowpadEvent {
  const envelope = parseJson(body);
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) {
    throw new ShowpadWebhookError('BODY_INVALID', 'the body is no JSON object', FOREIGN_BODY_HINT);
  }
  const { type, id, specversion, time, data } = envelope as Record<string, unknown>;
  return {
    type: usableText(type, 'type'),
    id: usableText(id, 'id'),
    specversion: specversion as string | number | undefined,
    time: typeof time === 'string' ? time : undefined,
    date: toDate(time),
    data,
  } as ShowpadEvent;
}

function usableText(value: unknown, field: 'type' | 'id'): string {
  if (value && typeof value === 'string') return value;
  throw new ShowpadWebhookError(
    'EVENT_INVALID',
    `the event's "${field}" is not a non-empty string`,
    FOREIGN_BODY_HINT,
  );
}

/** Only ISO dates: what else `Date` would read ("May 2022", "1") is a guess. */
function toDate(time: unknown): Date | undefined {
  if (typeof time !== 'string' || !/^\d{4}-\d\d-\d\d(T|$)/.test(time)) return undefined;
  const date = new Date(time);
  return Number.isNaN(+date) ? undefined : date;
}
