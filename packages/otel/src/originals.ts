import { isSpanContextValid, type SpanContext } from '@opentelemetry/api';

const MOST_EVENTS = 1_000;
const LONGEST_KEY = 256;

/** Remembers the first delivery of each of the latest events, so that a retry can be linked to it. */
export class Originals {
  readonly #spans = new Map<string, SpanContext>();

  /** The first delivery of an event; `own` where none is remembered, and from then on. */
  of(receiver: string, eventId: string, own: SpanContext): SpanContext {
    const key = `${receiver}:${eventId}`;
    if (key.length > LONGEST_KEY || !isSpanContextValid(own)) return own;
    const original = this.#spans.get(key) ?? own;
    this.#spans.delete(key); // So that the least recently used stands first.
    this.#spans.set(key, original);
    if (this.#spans.size > MOST_EVENTS) this.#spans.delete(this.#spans.keys().next().value as string);
    return original;
  }
}
