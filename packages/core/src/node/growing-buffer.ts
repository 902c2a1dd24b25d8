import { Buffer } from 'node:buffer';

const FIRST_SIZE = 16_384;
const EMPTY: Buffer = /* @__PURE__ */ Buffer.alloc(0);

/**
 * Collects the pieces of a body in one buffer, which doubles as it grows. A list of pieces would cost a few hundred bytes of
 * memory for each, and a sender could send a piece per byte.
 *
 * @example
 * ```ts
 * import { GrowingBuffer } from '@showpad-webhooks/core/node';
 *
 * const body = new GrowingBuffer();
 * body.append(Buffer.from('{"type":'));
 * body.append(Buffer.from('"a"}'));
 * console.log(body.length, body.toBuffer().toString()); // 12 {"type":"a"}
 * ```
 */
export class GrowingBuffer {
  readonly #expectedBytes: number;
  #bytes: Buffer = EMPTY;
  #length = 0;

  /** @param expectedBytes the declared length of the body. The buffer reserves no more than this in advance. */
  constructor(expectedBytes: number = Number.POSITIVE_INFINITY) {
    this.#expectedBytes = expectedBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a piece. Its bytes must not change after this. */
  append(piece: Buffer): void {
    const length = this.#length + piece.length;
    // Most bodies come in one piece, which needs no copy. It has no room, so it is never written to.
    if (this.#length === 0 && !isSmallPart(piece)) this.#bytes = piece;
    else this.#copy(piece, length);
    this.#length = length;
  }

  /** Returns all bytes so far. */
  toBuffer(): Buffer {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#length);
  }

  #copy(piece: Buffer, length: number): void {
    if (length > this.#bytes.length) {
      const doubled = Math.max(FIRST_SIZE, length, this.#length * 2);
      const isExpected = length <= this.#expectedBytes;
      const grown = Buffer.allocUnsafeSlow(isExpected ? Math.min(doubled, this.#expectedBytes) : doubled);
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    piece.copy(this.#bytes, this.#length);
  }
}

/** True for a piece that keeps much more memory in use than it has bytes, such as a small frame of a large read of HTTP/2. */
function isSmallPart({ length, buffer }: Buffer): boolean {
  return buffer.byteLength > Math.max(FIRST_SIZE, 2 * length);
}
