import { ShowpadWebhookError } from '../shared/error.ts';

/** The bytes that one delivery holds. */
export interface HeldBytes {
  /**
   * Says how many bytes are held now.
   *
   * @throws ShowpadWebhookError `OVERLOADED` if there is no room for so many.
   */
  growTo(bytes: number): void;
  /** Says that the delivery is over. */
  release(): void;
}

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

  /** Begins to count for a delivery, which holds nothing yet. */
  hold(): HeldBytes {
    let heldBytes = 0;
    let isOver = false;
    return {
      growTo: (bytes) => {
        if (isOver) return; // A body reader of the app may go on after it has rejected.
        this.checkRoom(bytes - heldBytes);
        this.#bytes += bytes - heldBytes;
        heldBytes = bytes;
      },
      release: () => {
        isOver = true;
        this.#bytes -= heldBytes;
      },
    };
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
