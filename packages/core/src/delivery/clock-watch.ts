/**
 * Notices that the wall clock was set while the process ran, by comparing it with a clock that never steps. After that, an
 * authentic delivery that seems old may be a new one.
 */
export class ClockWatch {
  readonly #clock: () => number;
  readonly #now: () => number;
  readonly #toleranceMs: number;
  #offsetMs: number;

  /**
   * @param clock unix time in ms.
   * @param now a clock in ms that does not step.
   */
  constructor(clock: () => number, now: () => number, toleranceSeconds: number) {
    this.#clock = clock;
    this.#now = now;
    this.#toleranceMs = toleranceSeconds * 1000;
    this.#offsetMs = this.#currentOffsetMs();
  }

  /** True if the clock was set by more than half of the tolerance since it was last known to be right. */
  get isSuspect(): boolean {
    return Math.abs(this.#currentOffsetMs() - this.#offsetMs) > this.#toleranceMs / 2;
  }

  /** Notes that an authentic delivery agrees with the clock. */
  confirm(): void {
    this.#offsetMs = this.#currentOffsetMs();
  }

  #currentOffsetMs(): number {
    return this.#clock() - this.#now();
  }
}
