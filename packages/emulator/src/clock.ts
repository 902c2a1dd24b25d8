import { setTimer } from '@showpad-webhooks/core/shared';

export type ClockMode = 'real' | 'manual';

/** Times are in ms. `offsetMs` is how far the emulator's clock is ahead of the machine's. */
export interface ClockState {
  readonly mode: ClockMode;
  readonly now: number;
  readonly offsetMs: number;
  /** How many times as fast as the machine's clock it runs. */
  readonly scale: number;
}

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

/** The emulator's time, which retries, signatures and tokens use. It stands still, or runs with the machine's clock. */
export class Clock {
  #mode: ClockMode;
  readonly #scale: number;
  /** The time at which it stands, or from which it runs. */
  #fromMs: number;
  /** The machine's time when it began to run from there. */
  #sinceMs: number;
  /** In the order of their times. */
  readonly #timers: Timer[] = [];
  #timeout: NodeJS.Timeout | undefined;
  #advancing: Promise<void> = Promise.resolve();
  /** `clear` replaces it, which stops every advance that began before. */
  #era = {};

  /** @param scale how many times as fast as the machine's clock it runs */
  constructor(mode: ClockMode, scale = 1) {
    this.#mode = mode;
    this.#scale = scale;
    this.#sinceMs = this.#fromMs = Date.now();
  }

  /** Unix time in whole ms. */
  readonly now = (): number =>
    this.#mode === 'manual'
      ? this.#fromMs
      : this.#fromMs + Math.floor((Date.now() - this.#sinceMs) * this.#scale);

  get state(): ClockState {
    const now = this.now();
    return { mode: this.#mode, now, offsetMs: now - Date.now(), scale: this.#scale };
  }

  setMode(mode: ClockMode): void {
    const now = this.now();
    this.#mode = mode;
    this.setNow(now);
  }

  /** Jumps to a time, which may be in the past. Timers that are passed run late. */
  setNow(now: number): void {
    this.#fromMs = now;
    this.#sinceMs = Date.now();
    this.#arm();
  }

  /** Calls `run` at that time, or as soon as possible after it. */
  at(atMs: number, run: () => void): void {
    const index = this.#timers.findLastIndex((earlier) => earlier.atMs <= atMs) + 1;
    this.#timers.splice(index, 0, { atMs, run });
    this.#arm();
  }

  /** Goes forward from timer to timer. At each one it waits until everything that was started has settled. */
  advance(ms: number, settled: () => Promise<void>): Promise<void> {
    const era = this.#era;
    this.#advancing = this.#advancing.then(async () => {
      const target = this.now() + ms;
      for (;;) {
        await settled();
        if (era !== this.#era) return;
        const next = this.#timers[0];
        if (!next || next.atMs > target) break;
        this.setNow(Math.max(next.atMs, this.now()));
        this.#runDue();
      }
      this.setNow(Math.max(target, this.now()));
    });
    return this.#advancing;
  }

  /** Forgets all timers and stops every advance, so that nothing keeps the process alive. */
  clear(): void {
    this.#era = {};
    this.#timers.length = 0;
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
    const [next] = this.#timers;
    if (this.#mode === 'manual' || !next) return;
    const delayMs = Math.max(Math.ceil((next.atMs - this.now()) / this.#scale), 0);
    this.#timeout = setTimer(() => this.#runDue(), delayMs);
  }

  #runDue(): void {
    while (this.#timers[0] && this.#timers[0].atMs <= this.now()) this.#timers.shift()?.run();
    this.#arm();
  }
}
