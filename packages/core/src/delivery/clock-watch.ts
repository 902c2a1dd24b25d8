/**
 * Notices that the wall clock was set while the process ran, by comparing it with a clock that never steps. After that, an
 * authentic delivery that seems old may be a new one.
 */
export class ClockWatch {
  readonly #now: () => number;
  readonly #toleranceMs: number;
  #offsetMs: number;

  /**
   * @param clock unix time in ms.
   * @param now a clock in ms that does not step.
   */
  constructor(clock: () => number, now: () => number, toleranceSeconds: number) {
    this.#now = now;
    this.#toleranceMs = toleranceSeconds * 1000;
    this.#offsetMs = this.offsetAt(clock());
  }

  /** Returns how far the wall clock, which shows `clockMs` now, is ahead of the steady clock. */
  offsetAt(clockMs: number): number {
    return clockMs - this.#now();
  }

  /** True if the clock was set by more than half of the tolerance since it was last known to be right. */
  isSuspect(offsetMs: number): boolean {
    return Math.abs(offsetMs - this.#offsetMs) > this.#toleranceMs / 2;
  }

  /**
   * Notes that an authentic delivery agreed with the clock.
   *
   * @param offsetMs how far the clock was ahead when it was compared with the delivery. It may have been set since then.
   */
  confirm(offsetMs: number): void {
    this.#offsetMs = offsetMs;
  }
}
