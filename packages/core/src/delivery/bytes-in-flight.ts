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

  /** @throws ShowpadWebhookError `OVERLOADED`, and then nothing is added. */
  add(bytes: number): void {
    this.checkRoom(bytes);
    this.#bytes += bytes;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** The bytes that one delivery holds. */
export class HeldBytes {
  readonly #inFlight: BytesInFlight;
  #bytes = 0;

  constructor(inFlight: BytesInFlight) {
    this.#inFlight = inFlight;
  }

  /**
   * Says how many bytes are held now.
   *
   * @throws ShowpadWebhookError `OVERLOADED`
   */
  growTo(bytes: number): void {
    this.#inFlight.add(bytes - this.#bytes);
    this.#bytes = bytes;
  }

  release(): void {
    this.#inFlight.release(this.#bytes);
    this.#bytes = 0;
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
