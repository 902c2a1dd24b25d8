export type ClockMode = 'real' | 'manual';

/** Times in ms; `offsetMs` is how far the emulator's clock is ahead of the machine's. */
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

/** Node fires a timer beyond this at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The emulator's time. Retries, signatures and tokens go by it; it stands still, or runs with the machine's. */
export class Clock {
  #mode: ClockMode;
  readonly #scale: number;
  /** The time at which it stands, or from which it runs. */
  #fromMs: number;
  /** The machine's time, when it began to run from there. */
  #sinceMs: number;
  /** By time. */
  readonly #timers: Timer[] = [];
  #timeout: NodeJS.Timeout | undefined;
  #advancing: Promise<void> = Promise.resolve();
  /** Replaced by `clear`: an advance of before goes no further. */
  #era = {};

  /** @param scale how many times as fast as the machine's it runs */
  constructor(mode: ClockMode, scale = 1) {
    this.#mode = mode;
    this.#scale = scale;
    this.#sinceMs = this.#fromMs = Date.now();
  }

  /** In whole ms. */
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

  /** Jumps there, back too. What is due on the way is late, not lost. */
  setNow(now: number): void {
    this.#fromMs = now;
    this.#sinceMs = Date.now();
    this.#arm();
  }

  /** Calls at that time, or as soon after it as can be. */
  at(atMs: number, run: () => void): void {
    const index = this.#timers.findLastIndex((earlier) => earlier.atMs <= atMs) + 1;
    this.#timers.splice(index, 0, { atMs, run });
    this.#arm();
  }

  /** Goes forward from one due time to the next; at each, waits until what it started has settled. */
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

  /** Forgets all timers and advances, so that nothing keeps the process alive. */
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
    const delayMs = Math.min(
      Math.max(Math.ceil((next.atMs - this.now()) / this.#scale), 0),
      LONGEST_TIMEOUT_MS,
    );
    this.#timeout = setTimeout(() => this.#runDue(), delayMs);
  }

  #runDue(): void {
    while (this.#timers[0] && this.#timers[0].atMs <= this.now()) this.#timers.shift()?.run();
    this.#arm();
  }
}
