import { checkAboveZero } from '../shared/check.ts';
import { messageOf } from '../shared/error.ts';
import { withDeadline } from '../shared/promise.ts';
import { type InboxOptions, readInboxOptions } from './options.ts';
import { Pause } from './pause.ts';
import type { ClaimedEntry, InboxStore, SettledOutcome } from './store.ts';
import type { Inbox, InboxConsumer, InboxFailure, InboxHealth, InboxJob, InboxTarget } from './types.ts';

export interface StoreInboxOptions extends InboxOptions {
  /** How often to look for what other processes stored, in ms. Default 1,000. */
  readonly pollMs?: number;
  /** Unix time in ms. Default `Date.now`. */
  readonly clock?: () => number;
}

/** An entry whose handlers are running. Its fence is renewed if this process itself claims the entry again. */
interface Work {
  readonly entry: ClaimedEntry;
  readonly controller: AbortController;
  fence: number;
}

const PURGE_INTERVAL_MS = 3_600_000;
const CLOSE_TIMEOUT_MS = 10_000;
/** How many entries one call of a store changes, so that no call takes long. */
const BATCH = 500;

/**
 * Makes an inbox from a store. It claims the entries that are due, hands them to the receiver and settles them, with attempts,
 * backoff, dead letters and purging.
 *
 * @throws TypeError for an option that is out of range.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { createStoreInbox, type InboxStore } from '@showpad-webhooks/core/inbox';
 *
 * export function createMyReceiver(store: InboxStore) {
 *   return createReceiver({ keys: 'a-signature-key', inbox: createStoreInbox(store, { concurrency: 2 }) });
 * }
 * ```
 */
export function createStoreInbox(store: InboxStore, options: StoreInboxOptions = {}): Inbox {
  const settings = readInboxOptions(options);
  const { name, maxAttempts, concurrency, leaseMs } = settings;
  const { pollMs = 1_000, clock = Date.now } = options;
  checkAboveZero({ pollMs });
  /** By the id of the event. */
  const running = new Map<string, Work>();
  const unsettled = new Set<Promise<void>>();
  const pause = new Pause();
  const timers: NodeJS.Timeout[] = [];
  let consumer: InboxConsumer | undefined;
  let claiming: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  let isClosed = false;

  /** Once the store is closed, calls that fail were left to their leases, and are no trouble. */
  const reportFailure = (operation: string) => (cause: unknown) => {
    if (!isClosed) consumer?.onError(operation, cause);
  };

  async function claimUntilClosed(to: InboxConsumer): Promise<void> {
    while (!closing) await pause.wait(await claim(to));
  }

  /** Fills the free places. Resolves to how long to wait before the next look, in ms. */
  async function claim(to: InboxConsumer): Promise<number> {
    const limit = concurrency - running.size;
    if (limit === 0) return pollMs; // The next free place ends the pause.
    try {
      const entries = await store.claim({ limit, leaseMs, nowMs: clock() });
      for (const entry of entries) start(entry, to);
      if (entries.length === limit) return running.size < concurrency ? 0 : pollMs;
      const dueAtMs = await store.nextDueMs();
      return Math.min(pollMs, (dueAtMs ?? Number.POSITIVE_INFINITY) - clock());
    } catch (cause) {
      reportFailure('claim')(cause);
      return pollMs;
    }
  }

  function start(entry: ClaimedEntry, to: InboxConsumer): void {
    const work = running.get(entry.id);
    if (work) {
      // The lease ran out although this process still handles the entry, because the clock was changed or renewing failed.
      work.fence = entry.fence;
      return;
    }
    const settled = handle({ entry, controller: new AbortController(), fence: entry.fence }, to)
      .catch(reportFailure('settle')) // Its lease runs out, and it is handled again.
      .finally(() => unsettled.delete(settled));
    unsettled.add(settled);
  }

  async function handle(work: Work, to: InboxConsumer): Promise<void> {
    const { entry, controller } = work;
    running.set(entry.id, work);
    const job: InboxJob = {
      ...entry,
      isExhausted: entry.attempt > maxAttempts,
      signal: controller.signal,
      checkpoint: (handlerName) => hold(work, handlerName),
    };
    const failure = await to.process(job);
    running.delete(entry.id);
    pause.wake();
    const outcome = outcomeOf(entry, failure);
    const isSettled = await store.settle({ id: entry.id, fence: work.fence }, outcome);
    if (isSettled && failure && outcome.state === 'dead') to.onDead(job, failure);
  }

  async function hold({ entry: { id }, controller, fence }: Work, handlerName?: string): Promise<boolean> {
    const isHeld = await store.checkpoint({ id, fence }, { handlerName, leaseMs, nowMs: clock() });
    if (!isHeld) controller.abort();
    return isHeld;
  }

  function renew(): void {
    for (const work of running.values()) hold(work).catch(reportFailure('renew'));
  }

  function outcomeOf({ attempt }: ClaimedEntry, failure: InboxFailure | undefined): SettledOutcome {
    const nowMs = clock();
    if (!failure) return { state: 'done', nowMs };
    const error = failure.kept;
    if (failure.isFinal || attempt >= maxAttempts) return { state: 'dead', nowMs, error };
    return { state: 'pending', nowMs, error, dueMs: nowMs + settings.backoff(attempt) };
  }

  async function purge(): Promise<number> {
    const nowMs = clock();
    const kept = { done: settings.keepDoneMs, dead: settings.keepDeadMs };
    let count = 0;
    for (const state of ['done', 'dead'] as const) {
      count += await inBatches((limit) => store.purge({ state, beforeMs: nowMs - kept[state], limit }));
    }
    return count;
  }

  async function drainAndClose(timeoutMs: number): Promise<void> {
    pause.wake();
    const drained = (async () => {
      await claiming;
      await Promise.all(unsettled);
    })();
    // What is still running after the timeout is left to its lease.
    await withDeadline(drained, timeoutMs).catch(() => {});
    for (const timer of timers) clearInterval(timer);
    for (const { controller } of running.values()) controller.abort();
    isClosed = true;
    await store.close();
  }

  return {
    name,
    async put(entry) {
      const result = await store.put(entry);
      pause.wake();
      return result;
    },

    async start(to) {
      if (consumer) {
        throw new Error(`The inbox "${name}" is started already. Give each receiver an inbox of its own.`);
      }
      consumer = to;
      try {
        for (const problem of await store.problems()) to.onError('check durability', new Error(problem));
        if (closing) throw new Error(`The inbox "${name}" is closed.`);
      } catch (error) {
        consumer = undefined; // So that start() can be called again.
        throw error;
      }
      claiming = claimUntilClosed(to);
      const purgeNow = () => void purge().catch(reportFailure('purge'));
      purgeNow();
      timers.push(setInterval(purgeNow, PURGE_INTERVAL_MS), setInterval(renew, leaseMs / 3));
    },

    close({ timeoutMs = CLOSE_TIMEOUT_MS } = {}) {
      closing ??= Promise.resolve().then(() => drainAndClose(timeoutMs));
      return closing;
    },

    list: async (query = {}) => store.list(query),
    counts: async () => store.counts(),

    async retry(target) {
      const nowMs = clock();
      // An entry that is retried may be dead or done again before all are, so no more are retried than there are now.
      let left = 'id' in target ? 1 : (await store.counts())[target.state];
      const count = await inBatches(async (limit) => {
        const changed = await store.retry(target, { nowMs, limit: Math.min(limit, left) });
        left -= changed;
        return changed;
      });
      pause.wake();
      return count;
    },

    discard: (target: InboxTarget) => inBatches((limit) => store.discard(target, { limit })),
    purge,

    async health(): Promise<InboxHealth> {
      try {
        const dueAtMs = await store.nextDueMs();
        const lagMs = Math.max(0, clock() - (dueAtMs ?? Number.POSITIVE_INFINITY));
        return { isReachable: true, lagMs, problems: await store.problems() };
      } catch (cause) {
        return { isReachable: false, lagMs: 0, problems: [`The store cannot be read: ${messageOf(cause)}`] };
      }
    },
  };
}

async function inBatches(change: (limit: number) => Promise<number> | number): Promise<number> {
  let count = 0;
  for (;;) {
    const changed = await change(BATCH);
    count += changed;
    if (changed < BATCH) return count;
  }
}
