import type { EventEnvelope } from '../events/event.ts';
import type { HandlerContext } from './context.ts';

/**
 * Handles one event. What it returns is awaited and ignored. If it throws, the delivery fails, and the retry runs it again.
 * The handlers of one event run one after another and do not depend on each other: if one fails, the next still runs.
 */
export type Handler<Event> = (event: Event, context: HandlerContext) => unknown;

export interface HandlerOptions {
  /**
   * The handler's identity: a ledger or an inbox remembers by this name that the handler is done. So keep it when you change
   * the handler, and never give it to another one. Default: the name of the function or, if it has none, the event type.
   */
  readonly name?: string;
}

/** What a handler was registered for: one event type, every event, or the events that have no handler of their own. */
export type HandlerTarget = { readonly type: string } | 'any' | 'unknown';

export interface RegisteredHandler {
  readonly target: HandlerTarget;
  /** The name that people see. */
  readonly name: string;
  /** What is remembered if the handler is done. It is the name, unless the name cannot be trusted after a restart. */
  readonly identity: string;
  readonly run: Handler<EventEnvelope<string, unknown>>;
}
