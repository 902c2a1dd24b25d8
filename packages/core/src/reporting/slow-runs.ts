import type { Logger } from '../shared/logger.ts';
import { logOrWarn } from './warn.ts';

export interface SlowRunsOptions {
  readonly receiverName: string;
  readonly logger: Logger;
  readonly handlerTimeoutMs: number;
}

const ENOUGH_RUNS = 20;
const TOLERATED_SHARE = 1 / 20;

/** Notices handlers that often need more than half of their time, and warns once for each, while all still goes well. */
export class SlowRuns {
  readonly #options: SlowRunsOptions;
  readonly #runs = new Map<string, Runs>();

  constructor(options: SlowRunsOptions) {
    this.#options = options;
  }

  note(handlerName: string, durationMs: number): void {
    const { receiverName, logger, handlerTimeoutMs } = this.#options;
    const runs = this.#runsOf(handlerName);
    runs.total++;
    if (durationMs <= handlerTimeoutMs / 2) return;
    runs.slow++;
    if (runs.isShown || runs.total < ENOUGH_RUNS || runs.slow / runs.total <= TOLERATED_SHARE) return;
    runs.isShown = true;
    const message =
      `The handler "${handlerName}" took longer than ${handlerTimeoutMs / 2} ms in more than 1 of 20 runs. ` +
      'Showpad gives up after about 15 s, so use an inbox.';
    logOrWarn({ receiverName, logger, fields: { handlerName }, message, code: 'HANDLER_SLOW' });
  }

  #runsOf(handlerName: string): Runs {
    const known = this.#runs.get(handlerName);
    if (known) return known;
    const runs = { total: 0, slow: 0, isShown: false };
    this.#runs.set(handlerName, runs);
    return runs;
  }
}

interface Runs {
  total: number;
  slow: number;
  isShown: boolean;
}
