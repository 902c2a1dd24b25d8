import { isSpanContextValid, type SpanContext } from '@opentelemetry/api';
import { RecentEvents } from './recent-events.ts';

/** Remembers the first delivery of each of the latest events, so that a retry can be linked to it. */
export class Originals {
  readonly #spans = new RecentEvents<SpanContext>();

  /** Returns the first delivery of an event. If none is remembered, `own` is the first one from now on. */
  of(receiverName: string, eventId: string, own: SpanContext): SpanContext {
    if (!isSpanContextValid(own)) return own;
    const original = this.#spans.get(receiverName, eventId) ?? own;
    this.#spans.set(receiverName, eventId, original);
    return original;
  }
}
