import type { AuthenticDelivery, Delivery } from './delivery.ts';
import { plainHeaders } from './headers.ts';
import type { Logger } from './logger.ts';
import type { Settings } from './options.ts';

/** What a handler may know of the delivery that brought its event. */
export interface HandlerContext {
  /** The receiver's name. */
  readonly receiver: string;
  /** The exact bytes that were verified. */
  readonly rawBody: Uint8Array;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string | undefined;
  /** When the delivery arrived, by the receiver's clock. From an inbox: the first that brought the event. */
  readonly receivedAt: Date;
  /** When the delivery was signed, unix time in seconds. */
  readonly timestampSeconds: number;
  readonly keyLabel: string | undefined;
  /** 1 for the first, as the ledger or the inbox counted; always 1 without both. */
  readonly attempt: number;
  /**
   * Aborts when the handler timeout is over, or `close()` no longer waits. Pass it on, to `fetch` for one:
   * about 10 s after it aborts, a retry may run the handler again.
   */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Builds what most handlers never look at, a signal and plain headers, only when they do. */
export class DeliveryContext implements HandlerContext {
  readonly receiver: string;
  readonly rawBody: Uint8Array;
  readonly url: string | undefined;
  readonly timestampSeconds: number;
  readonly keyLabel: string | undefined;
  readonly logger: Logger;
  attempt = 1;
  readonly #delivery: Delivery;
  #controller: AbortController | undefined;

  constructor(delivery: Delivery, { name, logger }: Settings) {
    const { body, timestampSeconds } = delivery as AuthenticDelivery;
    this.receiver = name;
    this.rawBody = body;
    this.url = delivery.request.url;
    this.timestampSeconds = timestampSeconds;
    this.keyLabel = delivery.keyLabel;
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
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  abort(): void {
    void this.signal; // Makes the controller, for a handler that looks at the signal only later.
    this.#controller?.abort();
  }
}
