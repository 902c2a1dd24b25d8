import type { EventDelivery } from '../delivery/delivery.ts';
import { plainHeaders } from '../shared/headers.ts';
import type { Logger } from '../shared/logger.ts';

/** What a handler can know about the delivery that brought its event. */
export interface HandlerContext {
  readonly receiverName: string;
  /** The exact bytes that were verified. */
  readonly rawBody: Uint8Array;
  /** All names are lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string | undefined;
  /** When the delivery arrived. With an inbox it is the first delivery of the event. */
  readonly receivedAt: Date;
  /** When the delivery was signed, in unix seconds. */
  readonly timestampSeconds: number;
  /** The label of the key that matched, if it has one. */
  readonly keyLabel: string | undefined;
  /** The number of the attempt, from 1, as the ledger or the inbox counted. It is always 1 without both. */
  readonly attempt: number;
  /**
   * Aborts when the handler timeout is over, when `close()` no longer waits, or when another process has taken the event
   * over. Pass it on, for example to `fetch`.
   */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Proves to a store that this process holds an event. The fence changes if the store gives the event to this process once more. */
export interface StoreClaim {
  /** The `Ledger` or the `InboxStore` that holds the event. */
  readonly store: object;
  /** The key of an event in a ledger, or its id in an inbox. */
  readonly key: string;
  readonly fence: number;
}

/** Where it is noted that one handler is done with one event. */
export interface HandlerClaim {
  readonly claim: StoreClaim;
  /** The name by which it is remembered that the handler is done. */
  readonly handlerName: string;
}

/**
 * Returns the claim of the run that a context belongs to. A store needs it to commit what a handler writes together with the
 * note that the handler is done. Undefined if the event is held neither by a ledger nor by an inbox of `createStoreInbox`.
 */
export function claimOf(context: HandlerContext): HandlerClaim | undefined {
  return (context as Partial<DeliveryContext>).claim;
}

export interface AttemptOptions {
  readonly receiverName: string;
  readonly logger: Logger;
  readonly attempt: number;
}

/** What the handlers of one attempt share. */
export class AttemptContext {
  readonly delivery: EventDelivery;
  readonly receiverName: string;
  readonly logger: Logger;
  readonly attempt: number;
  #controller: AbortController | undefined;

  constructor(delivery: EventDelivery, { receiverName, logger, attempt }: AttemptOptions) {
    this.delivery = delivery;
    this.receiverName = receiverName;
    this.logger = logger;
    this.attempt = attempt;
  }

  get signal(): AbortSignal {
    return this.#abortController().signal;
  }

  abort(): void {
    this.#abortController().abort();
  }

  #abortController(): AbortController {
    this.#controller ??= new AbortController();
    return this.#controller;
  }
}

/**
 * The context of one run of a handler. Each run has its own, so that a handler that goes on after it has ended is not taken for
 * the next one. Most handlers never use the headers, the date or the signal, so each is made when it is first read.
 */
export class DeliveryContext implements HandlerContext {
  readonly receiverName: string;
  readonly rawBody: Uint8Array;
  readonly url: string | undefined;
  readonly timestampSeconds: number;
  readonly keyLabel: string | undefined;
  readonly attempt: number;
  readonly logger: Logger;
  readonly #attempt: AttemptContext;
  readonly #claim: HandlerClaim | undefined;

  constructor(attempt: AttemptContext, claim: HandlerClaim | undefined) {
    const { delivery } = attempt;
    this.receiverName = attempt.receiverName;
    this.rawBody = delivery.body;
    this.url = delivery.request.url;
    this.timestampSeconds = delivery.timestampSeconds;
    this.keyLabel = delivery.keyLabel;
    this.attempt = attempt.attempt;
    this.logger = attempt.logger;
    this.#attempt = attempt;
    this.#claim = claim;
  }

  get headers(): Readonly<Record<string, string>> {
    return plainHeaders(this.#attempt.delivery.request.headers);
  }

  get receivedAt(): Date {
    return new Date(this.#attempt.delivery.receivedAtMs);
  }

  get claim(): HandlerClaim | undefined {
    return this.#claim;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }
}
