import { ShowpadWebhookError } from '../shared/error.ts';
import type { ShowpadEventMap } from './event-map.ts';
import { FOREIGN_BODY_HINT, parseJson } from './json.ts';

/** Maps event types to the type of their `data`. Any object type fits, so that interfaces can be extended. */
export type EventMap = object;

/** What every event contains (docs/showpad.md, "Envelope"). The envelope resembles CloudEvents but is something else. */
export interface EventEnvelope<Type extends string, Data> {
  readonly type: Type;
  /** A UUID in every published sample. It is assumed to be the same on every retry. */
  readonly id: string;
  /** Documented as a string, but the published sample has the number 1. */
  readonly specversion: string | number | undefined;
  /** The text as it was sent. Showpad's own sample has a time that is not a date. */
  readonly time: string | undefined;
  /** `time` as a date, or undefined if it is not a valid ISO date. */
  readonly date: Date | undefined;
  readonly data: Data;
}

/**
 * At run time this is a string like any other `type`. The type is nominal, so that comparing `event.type` with a type of
 * the map narrows the event. TypeScript has no other string type that cannot be compared with a literal.
 */
export declare enum UnknownEventType {
  Unknown = 'a type that is not in the map',
}

/** An event whose type is not in the map. */
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
 * Reads an event from a body that was verified before. It is lenient: only `type` and `id` must be usable, events of
 * unknown types are accepted, and `data` is not checked (pass `schemas` to the receiver for that). Keys that could reach a
 * prototype (`__proto__`, `constructor.prototype`) are removed.
 *
 * @throws ShowpadWebhookError `BODY_INVALID` if the body is not a JSON object, `EVENT_INVALID` if it has no usable `type`
 * or `id`.
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
    throw new ShowpadWebhookError('BODY_INVALID', 'The body is not a JSON object.', {
      hint: FOREIGN_BODY_HINT,
    });
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
  throw new ShowpadWebhookError('EVENT_INVALID', `The event has no "${field}", or it is not text.`, {
    hint: FOREIGN_BODY_HINT,
  });
}

/** Reads ISO dates only. `Date` would also read "May 2022" or "1", but that would be a guess. */
function toDate(time: unknown): Date | undefined {
  if (typeof time !== 'string' || !/^\d{4}-\d\d-\d\d(T|$)/.test(time)) return undefined;
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? undefined : new Date(ms);
}
