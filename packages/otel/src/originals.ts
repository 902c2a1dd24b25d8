import { isSpanContextValid, type SpanContext } from '@opentelemetry/api';

const MOST_EVENTS = 1_000;
const LONGEST_KEY = 256;

/** Remembers the first delivery of each of the latest events, so that a retry can be linked to it. */
export class Originals {
  readonly #spans = new Map<string, SpanContext>();

  /** Returns the first delivery of an event. If none is remembered, `own` is the first one from now on. */
  of(receiverName: string, eventId: string, own: SpanContext): SpanContext {
    const key = `${receiverName}:${eventId}`;
    if (key.length > LONGEST_KEY || !isSpanContextValid(own)) return own;
    const original = this.#spans.get(key) ?? own;
    this.#spans.delete(key); // The map is in the order of use, and the least recently used one is deleted first.
    this.#spans.set(key, original);
    if (this.#spans.size > MOST_EVENTS) this.#spans.delete(this.#spans.keys().next().value as string);
    return original;
  }
}
