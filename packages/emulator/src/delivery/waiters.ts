import { checkKnown, printable, setTimer } from '@showpad-webhooks/core/shared';
import { type Attempt, type AttemptRecord, hasEnded, toAttempt } from './attempt.ts';

/** Which attempts match. A field that is left out matches everything. */
export interface DeliveryFilter {
  readonly type?: string;
  readonly eventId?: string;
  readonly notificationId?: string;
  readonly subscriptionId?: string;
  /** 1 is the first attempt, 4 the last. */
  readonly number?: number;
  readonly state?: Attempt['state'];
  /** The status of the response. */
  readonly status?: number;
}

const FILTER: Readonly<Record<keyof DeliveryFilter, true>> = {
  type: true,
  eventId: true,
  notificationId: true,
  subscriptionId: true,
  number: true,
  state: true,
  status: true,
};

interface Waiter {
  readonly filter: DeliveryFilter;
  readonly resolve: (attempt: Attempt) => void;
  readonly reject: (error: Error) => void;
}

/** The calls that wait for an attempt to end. Each attempt is returned once. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();
  readonly #all: () => readonly AttemptRecord[];

  /** @param all returns every attempt, oldest first */
  constructor(all: () => readonly AttemptRecord[]) {
    this.#all = all;
  }

  wait(filter: DeliveryFilter, timeoutMs: number): Promise<Attempt> {
    checkKnown(filter, FILTER);
    const ended = this.#all().find(
      (record) => !record.isTaken && hasEnded(record) && matches(record, filter),
    );
    if (ended) return Promise.resolve(take(ended));
    return new Promise((resolve, reject) => {
      const settle = (then: () => void) => {
        clearTimeout(timeout);
        this.#waiters.delete(waiter);
        then();
      };
      const waiter: Waiter = {
        filter,
        resolve: (attempt) => settle(() => resolve(attempt)),
        reject: (error) => settle(() => reject(error)),
      };
      const timeout = setTimer(() => waiter.reject(new Error(this.#explain(filter, timeoutMs))), timeoutMs);
      this.#waiters.add(waiter);
    });
  }

  /** Resolves the call that has waited longest for this attempt, if the attempt has ended. */
  changed(record: AttemptRecord): void {
    if (!hasEnded(record)) return;
    for (const waiter of this.#waiters) {
      if (!matches(record, waiter.filter)) continue;
      waiter.resolve(take(record));
      return;
    }
  }

  rejectAll(reason: string): void {
    for (const waiter of this.#waiters) waiter.reject(new Error(reason));
  }

  #explain(filter: DeliveryFilter, timeoutMs: number): string {
    const seen = this.#all().map(
      ({ notification: { type }, number, state, response, isTaken }) =>
        `${type}, attempt ${number}: ${state}${response ? ` (${response.status})` : ''}${isTaken ? ', returned before' : ''}`,
    );
    const listed = seen.length > 0 ? seen.slice(-10).join('; ') : 'none';
    return printable(
      `No delivery that matches ${JSON.stringify(filter)} ended within ${timeoutMs} ms. The last ones were: ${listed}. ` +
        'A scheduled delivery waits for the clock: if the clock is manual, call advanceTime(ms).',
    );
  }
}

function take(record: AttemptRecord): Attempt {
  record.isTaken = true;
  return toAttempt(record);
}

function matches(record: AttemptRecord, filter: DeliveryFilter): boolean {
  const { notification, number, state, response } = record;
  const facts: Readonly<Record<string, unknown>> = {
    type: notification.type,
    eventId: notification.eventId,
    notificationId: notification.id,
    subscriptionId: notification.subscriptionId,
    number,
    state,
    status: response?.status,
  };
  return Object.entries(filter).every(([name, wanted]) => wanted === undefined || facts[name] === wanted);
}
