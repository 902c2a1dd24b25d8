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

export interface ContextOptions {
  readonly receiverName: string;
  readonly logger: Logger;
  readonly attempt: number;
}

/** Most handlers never use the headers, the date or the signal, so each is made when it is first read. */
export class DeliveryContext implements HandlerContext {
  readonly receiverName: string;
  readonly rawBody: Uint8Array;
  readonly url: string | undefined;
  readonly timestampSeconds: number;
  readonly keyLabel: string | undefined;
  readonly attempt: number;
  readonly logger: Logger;
  readonly #delivery: EventDelivery;
  #controller: AbortController | undefined;

  constructor(delivery: EventDelivery, { receiverName, logger, attempt }: ContextOptions) {
    this.receiverName = receiverName;
    this.rawBody = delivery.body;
    this.url = delivery.request.url;
    this.timestampSeconds = delivery.timestampSeconds;
    this.keyLabel = delivery.keyLabel;
    this.attempt = attempt;
    this.logger = logger;
    this.#delivery = delivery;
  }

  get headers(): Readonly<Record<string, string>> {
    return plainHeaders(this.#delivery.request.headers);
  }

  get receivedAt(): Date {
    return new Date(this.#delivery.receivedAtMs);
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
