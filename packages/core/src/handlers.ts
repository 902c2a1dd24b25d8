import type { HandlerContext } from './context.ts';
import type { EventEnvelope } from './event.ts';

/**
 * Handles one event. What it returns is awaited and ignored; what it throws makes the delivery fail, and the
 * retry runs it again. Handlers of one event run one after another and do not depend on each other: a
 * failure of one does not keep the next from running.
 */
export type Handler<Event> = (event: Event, context: HandlerContext) => unknown;

export interface HandlerOptions {
  /** How a ledger remembers that this handler is done. Default: the function's name, or its place in the order. */
  readonly name?: string;
}

type Slot = string | symbol;

export interface RegisteredHandler {
  /** The event type, or one of the symbols below. */
  readonly slot: Slot;
  readonly name: string;
  readonly run: Handler<EventEnvelope<string, unknown>>;
  /** How often it has run without an error. */
  runs: number;
}

// Symbols, since any string may be an event type.
export const ANY: symbol = Symbol('any event');
export const UNKNOWN: symbol = Symbol('unknown events');

/** Who handles what, in the order of registration. */
export class HandlerRegistry {
  readonly #handlers: RegisteredHandler[] = [];
  readonly #byType = new Map<string, readonly RegisteredHandler[]>();
  #isSealed = false;

  add(slots: readonly Slot[], run: unknown, { name }: HandlerOptions = {}): void {
    if (this.#isSealed) throw new Error('register handlers before start() and the first delivery.');
    if (typeof run !== 'function') throw new TypeError(`a handler must be a function, not ${typeof run}.`);
    const added = [...new Set(slots)].map((slot) => {
      const others = this.#handlers.filter((other) => other.slot === slot);
      const ownName = name || run.name || `#${others.length + 1}`;
      // Those of `onAny` run beside those of a type, and both are remembered for one event.
      const handlerName = slot === ANY ? `any:${ownName}` : ownName;
      if (others.some((other) => other.name === handlerName)) {
        throw new Error(`two handlers for ${String(slot)} are named "${ownName}": give one { name: '…' }.`);
      }
      return { slot, name: handlerName, run: run as RegisteredHandler['run'], runs: 0 };
    });
    this.#handlers.push(...added);
  }

  /** Handlers of a type: those of `on` or, where it has none, of `onUnknown`; and those of `onAny`. */
  find(type: string): readonly RegisteredHandler[] {
    const known = this.#byType.get(type);
    if (known) return known;
    const isKnown = this.#handlers.some((each) => each.slot === type);
    const slot = isKnown ? type : UNKNOWN;
    const found = this.#handlers.filter((each) => each.slot === ANY || each.slot === slot);
    // Unknown types are a sender's choice, without end: only known ones are remembered.
    if (isKnown) this.#byType.set(type, found);
    return found;
  }

  get isEmpty(): boolean {
    return this.#handlers.length === 0;
  }

  /** At the start or the first delivery: a handler that came later would silently miss events. */
  seal(): void {
    this.#isSealed = true;
  }
}
