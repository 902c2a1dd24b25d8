import { setTimer } from '../shared/promise.ts';

/** Counts the deliveries that `close()` waits for: those that are being answered, and those whose handlers outlive the response. */
export class Unfinished {
  #count = 0;
  #onEmpty: (() => void) | undefined;

  get count(): number {
    return this.#count;
  }

  add(): void {
    this.#count++;
  }

  delete(): void {
    this.#count--;
    if (this.#count === 0) this.#onEmpty?.();
  }

  /** Resolves to true as soon as nothing is left, or to false when the time is over. */
  async waitUntilEmpty(timeoutMs: number): Promise<boolean> {
    if (this.#count === 0) return true;
    return await new Promise((resolve) => {
      const timer = setTimer(() => resolve(false), timeoutMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
