import { ShowpadWebhookError } from '../shared/error.ts';

/** Limits how many bytes of bodies a receiver holds at once, for all of its deliveries together. */
export class BytesInFlight {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws ShowpadWebhookError `OVERLOADED` if there is no room for so many more bytes. */
  checkRoom(bytes: number): void {
    if (this.#bytes + bytes > this.#maxBytes) throw overloaded(this.#maxBytes);
  }

  /** @throws ShowpadWebhookError `OVERLOADED` if there is no room for so many more bytes. */
  add(bytes: number): void {
    this.checkRoom(bytes);
    this.#bytes += bytes;
  }
}

/** The bytes that one delivery holds. */
export class HeldBytes {
  readonly #all: BytesInFlight;
  #bytes = 0;
  #isOver = false;

  constructor(all: BytesInFlight) {
    this.#all = all;
  }

  /**
   * Says how many bytes are held now.
   *
   * @throws ShowpadWebhookError `OVERLOADED` if there is no room for so many.
   */
  growTo(bytes: number): void {
    if (this.#isOver) return; // A body reader of the app may go on after it has rejected.
    this.#all.add(bytes - this.#bytes);
    this.#bytes = bytes;
  }

  /** Says that the delivery is over. */
  release(): void {
    this.growTo(0);
    this.#isOver = true;
  }
}

function overloaded(maxBytes: number): ShowpadWebhookError {
  return new ShowpadWebhookError(
    'OVERLOADED',
    `The bodies of all deliveries together would take more than ${maxBytes} bytes.`,
    {
      hint:
        'Showpad will retry. If your events are really that large, raise "maxBytesInFlight". Otherwise somebody floods the ' +
        'endpoint: limit requests in front of it.',
    },
  );
}
