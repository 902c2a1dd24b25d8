import type { Receipt } from './delivery/receipt.ts';
import type { WebhookRequest } from './delivery/request.ts';
import type { EventEnvelope, EventMap, EventOf, UnknownEvent } from './events/event.ts';
import type { ShowpadEventMap } from './events/event-map.ts';
import type { Handler, HandlerOptions } from './handlers/handler.ts';
import type { ReceiverHealth } from './reporting/health.ts';
import type { DeadLetterListener, ErrorListener } from './reporting/listeners.ts';

export interface Receiver<Events extends EventMap = ShowpadEventMap> {
  readonly name: string;
  /**
   * Handles events of one type, or of several. The handlers of a type run one after another, in the order of registration.
   *
   * @throws Error if another handler of the type has the same name, or if one of them has no name and an inbox, or a ledger that
   * outlives the process, has to remember which of them are done. TypeError for an unknown option.
   */
  on<Type extends keyof Events & string>(
    type: Type | readonly Type[],
    handler: Handler<EventOf<Events, Type>>,
    options?: HandlerOptions,
  ): this;
  /** Handles every event, in addition to the handlers of its type. */
  // `NoInfer` because a handler of some events would choose the types, and then it would miss the others.
  onAny<Type extends keyof Events & string>(
    handler: Handler<EventOf<Events, NoInfer<Type>> | UnknownEvent>,
    options?: HandlerOptions,
  ): this;
  /** Handles events of types that have no handler by `on`. */
  onUnknown(handler: Handler<EventEnvelope<string, unknown>>, options?: HandlerOptions): this;
  /** Hears of trouble on this side: failed handlers, ledger, inbox, keys, raw body. Hints come here and not into the response. */
  onError(listener: ErrorListener): this;
  /** Hears of deliveries that were rejected: forged, stale, malformed or too large. */
  onRejected(listener: ErrorListener): this;
  /** Hears of authentic deliveries that will not come again. The response waits for it, at most 2.5 s. */
  onDeadLetter(listener: DeadLetterListener): this;
  /** Receives one delivery. It never rejects, whatever a sender, a handler or a listener does. Write `receipt.response`. */
  receive(request: WebhookRequest): Promise<Receipt>;
  /**
   * Begins to handle what the inbox stores. Call it when all handlers are registered. Until then deliveries are answered with
   * 503, unless this receiver has no handlers: then it only stores, for another process to handle. Entries that wait for a
   * handler that does not exist any more are reported to `onError`. Without an inbox there is nothing to start. Rejects if the
   * inbox cannot be reached.
   */
  start(): Promise<void>;
  /**
   * Answers new deliveries with 503, waits for those that are running, and closes the inbox. It always resolves within
   * `timeoutMs` (default 10,000): handlers that are still running then get an aborted signal. What the inbox stores is handled
   * after the next start.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Says whether deliveries are accepted, for a readiness probe. It never rejects, and takes at most 2.5 s. */
  health(): Promise<ReceiverHealth>;
}

/** Any receiver, whatever events it knows: for functions that deliver to a receiver and register no handlers. */
// biome-ignore lint/suspicious/noExplicitAny: Only `any` accepts a receiver whose schemas replace the types of the map.
export type AnyReceiver = Receiver<any>;
