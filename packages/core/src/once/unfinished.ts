import type { WebhookRequest } from '../delivery/request.ts';
import { logOrWarn } from '../reporting/warn.ts';
import type { Logger } from '../shared/logger.ts';
import { setTimer } from '../shared/promise.ts';

interface Entry {
  /** A delivery counts while it is being answered and, separately, while its handlers run: they may outlive the response. */
  count: number;
  abort: (() => void) | undefined;
}

export interface UnfinishedOptions {
  readonly receiverName: string;
  readonly logger: Logger;
}

/** The deliveries that `close()` waits for. */
export class Unfinished {
  readonly #options: UnfinishedOptions;
  readonly #entries = new Map<WebhookRequest, Entry>();
  #onEmpty: (() => void) | undefined;

  constructor(options: UnfinishedOptions) {
    this.#options = options;
  }

  add(request: WebhookRequest, abort?: () => void): void {
    const entry = this.#entries.get(request) ?? { count: 0, abort: undefined };
    entry.count++;
    entry.abort ??= abort;
    this.#entries.set(request, entry);
  }

  delete(request: WebhookRequest): void {
    const entry = this.#entries.get(request);
    if (!entry || --entry.count > 0) return;
    this.#entries.delete(request);
    if (this.#entries.size === 0) this.#onEmpty?.();
  }

  /** Waits until nothing is left. When the time is over it aborts the signals of what is left, says so, and resolves. */
  async waitUntilEmpty(timeoutMs: number): Promise<void> {
    if (this.#entries.size === 0) return;
    const isEmpty = await new Promise<boolean>((resolve) => {
      const timer = setTimer(() => resolve(false), timeoutMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    if (isEmpty) return;
    for (const { abort } of this.#entries.values()) abort?.();
    this.#sayWhatIsLeft();
  }

  #sayWhatIsLeft(): void {
    const deliveries = this.#entries.size;
    const message = `The receiver was closed while ${deliveries} deliveries were still running.`;
    logOrWarn({ ...this.#options, fields: { deliveries }, message, code: 'CLOSED_EARLY' });
  }
}
