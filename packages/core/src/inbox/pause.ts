import { setTimer } from '../shared/promise.ts';

/** A wait that can be ended early. */
export class Pause {
  #isWoken = false;
  #end: (() => void) | undefined;

  /** Ends the wait that is going on, or else the next one. */
  wake(): void {
    this.#isWoken = true;
    this.#end?.();
  }

  /** Waits for `ms`, or until `wake()` is called. */
  async wait(ms: number): Promise<void> {
    if (!this.#isWoken) {
      await new Promise<void>((resolve) => {
        const timer = setTimer(resolve, Math.max(0, ms));
        this.#end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isWoken = false;
    this.#end = undefined;
  }
}
