import { AsyncResource } from 'node:async_hooks';
import { checkAboveZero } from '../check.ts';
import { isFinal, type ShowpadWebhookError } from '../error.ts';
import type { Inbox, InboxConsumer, InboxHealth, InboxJob, InboxTarget } from '../inbox.ts';
import { setTimer } from '../promise.ts';
import { exhausted, keptError, messageOf } from './failure.ts';
import { type InboxOptions, readInboxOptions } from './options.ts';
import type { ClaimedEntry, InboxStore, SettledOutcome } from './store.ts';

export interface StoreInboxOptions extends InboxOptions {
  /** How often to look for what other processes stored. Default 1,000. */
  readonly pollMs?: number;
  /** Unix time in ms. Default `Date.now`. */
  readonly clock?: () => number;
}

interface Work {
  readonly entry: ClaimedEntry;
  readonly controller: AbortController;
}

const PURGE_INTERVAL_MS = 3_600_000;
/** Entries that one call of a store changes, so that no call takes long. */
const BATCH = 500;

/**
 * Makes an inbox of a store: it claims what is due, hands it to the receiver, and settles it, with attempts,
 * backoff, dead letters and purging.
 *
 * @throws TypeError for an option out of range.
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
  /** What handlers are at: as many as the concurrency lets. */
  const running = new Set<Work>();
  /** What stop() waits for: handlers, and noting how they ended. */
  const unsettled = new Set<Promise<void>>();
  let consumer: InboxConsumer | undefined;
  let claimOutside: (() => Promise<void>) | undefined;
  let claiming: Promise<void> | undefined;
  let hasNews = false;
  let isStopped = false;
  let isClosed = false;
  let nextClaim: NodeJS.Timeout | undefined;
  let nextPurge: NodeJS.Timeout | undefined;
  let nextRenewal: NodeJS.Timeout | undefined;

  /** What fails once the store is closed was left to its lease, and is no trouble. */
  const trouble = (operation: string) => (cause: unknown) => {
    if (!isClosed) consumer?.onTrouble(operation, cause);
  };

  function wake(): void {
    hasNews = true;
    if (!isStopped && running.size < concurrency) claiming ??= claimOutside?.();
  }

  /** Claims as long as there are free places and entries due; then waits for the next to be due, or for a place. */
  async function claim(to: InboxConsumer): Promise<void> {
    clearTimeout(nextClaim);
    let waitMs = pollMs;
    try {
      while (hasNews && running.size < concurrency && !isStopped) {
        // What was stored is answered first, and places that come free together are filled by one call.
        await new Promise(setImmediate);
        hasNews = false; // What is put from here on is seen in the next round.
        const limit = concurrency - running.size;
        const entries = await store.claim({ limit, leaseMs, nowMs: clock() });
        for (const entry of entries) run(entry, to);
        if (entries.length === limit) hasNews = true;
        else waitMs = Math.min(pollMs, ((await store.nextDueMs()) ?? Number.POSITIVE_INFINITY) - clock());
      }
    } catch (cause) {
      trouble('claim')(cause);
    }
    claiming = undefined; // At once, so that no place that comes free goes unseen.
    if (isStopped || running.size === concurrency) return;
    nextClaim = setTimeout(wake, hasNews ? 0 : Math.max(0, waitMs));
  }

  function run(entry: ClaimedEntry, to: InboxConsumer): void {
    const work: Work = { entry, controller: new AbortController() };
    running.add(work);
    const settled = handle(work, to)
      .catch(trouble('settle')) // Its lease lapses, and it is handled again.
      .finally(() => unsettled.delete(settled));
    unsettled.add(settled);
  }

  async function handle(work: Work, to: InboxConsumer): Promise<void> {
    const { entry, controller } = work;
    const job: InboxJob = {
      ...entry,
      signal: controller.signal,
      checkpoint: (handler) => hold(work, handler),
    };
    const isExhausted = entry.attempt > maxAttempts; // The process died in each, or it would be dead by now.
    const error = isExhausted ? exhausted(maxAttempts) : await to.process(job);
    running.delete(work);
    wake(); // So that the next claim shares a transaction with what follows.
    const outcome = outcomeOf(entry, error);
    const isSettled = await store.settle(entry, outcome);
    if (isSettled && error && outcome.state === 'dead') to.onDead(job, error);
  }

  async function hold({ entry, controller }: Work, handler?: string): Promise<boolean> {
    const isHeld = await store.checkpoint(entry, { handler, leaseMs, nowMs: clock() });
    if (!isHeld) controller.abort();
    return isHeld;
  }

  function renew(): void {
    Promise.all([...running].map((work) => hold(work))).catch(trouble('renewal'));
  }

  /** Resolves when nothing runs, and how it ended is noted: of what was being claimed too. */
  async function drain(): Promise<void> {
    await claiming;
    await Promise.all(unsettled);
  }

  function outcomeOf({ attempt }: ClaimedEntry, failure: ShowpadWebhookError | undefined): SettledOutcome {
    const nowMs = clock();
    if (!failure) return { state: 'done', nowMs };
    const error = keptError(failure);
    if (isFinal(failure) || attempt >= maxAttempts) return { state: 'dead', nowMs, error };
    return { state: 'pending', nowMs, error, dueMs: nowMs + settings.backoffMs(attempt) };
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

  return {
    name,
    async put(entry) {
      const result = await store.put(entry);
      wake();
      return result;
    },

    async start(to) {
      if (consumer) throw new Error(`the inbox "${name}" is started already: give each receiver its own.`);
      for (const problem of await store.problems()) to.onTrouble('durability', new Error(problem));
      // What woke it, a request, must not lend the handlers its AsyncLocalStorage.
      claimOutside = AsyncResource.bind(() => claim(to));
      consumer = to;
      wake();
      const purgeNow = () => purge().catch(trouble('purge'));
      void purgeNow();
      nextPurge = setInterval(purgeNow, PURGE_INTERVAL_MS);
      nextRenewal = setInterval(renew, leaseMs / 3);
    },

    async stop({ timeoutMs }) {
      isStopped = true;
      clearTimeout(nextClaim);
      clearInterval(nextPurge);
      await new Promise<void>((resolve) => {
        const timeout = setTimer(resolve, timeoutMs); // What still runs then is left to its lease.
        void drain().then(() => {
          clearTimeout(timeout);
          resolve();
        });
      });
      clearInterval(nextRenewal);
      for (const { controller } of running) controller.abort();
      isClosed = true;
      await store.close();
    },

    list: async (query = {}) => store.list(query),
    counts: async () => store.counts(),

    async retry(target) {
      const nowMs = clock();
      // No more than there are now, since what was retried may be dead or done again before all are.
      let left = 'id' in target ? 1 : (await store.counts())[target.state];
      const count = await inBatches(async (limit) => {
        const changed = await store.retry(target, { nowMs, limit: Math.min(limit, left) });
        left -= changed;
        return changed;
      });
      wake();
      return count;
    },

    discard: (target: InboxTarget) => inBatches((limit) => store.discard(target, { limit })),
    purge,

    async health(): Promise<InboxHealth> {
      try {
        const dueMs = await store.nextDueMs();
        const lagMs = Math.max(0, clock() - (dueMs ?? Number.POSITIVE_INFINITY));
        return { isReachable: true, lagMs, problems: await store.problems() };
      } catch (cause) {
        return { isReachable: false, lagMs: 0, problems: [`the store can't be read: ${messageOf(cause)}`] };
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
