import { checkAboveZero, checkKnown } from '../shared/check.ts';
import { messageOf } from '../shared/error.ts';
import { withDeadline } from '../shared/promise.ts';
import { inBatches } from './batches.ts';
import { createClockGuard } from './clock-guard.ts';
import { CHECK_DURABILITY } from './durability.ts';
import { eraseEntries } from './erase.ts';
import { INBOX_DEFAULTS, type InboxOptions, readInboxOptions } from './options.ts';
import { createPurger } from './purger.ts';
import type { InboxStore } from './store.ts';
import { bodyIsGone, checkTarget } from './target.ts';
import { createToUnixTimes } from './times.ts';
import type { Inbox, InboxConsumer, InboxHealth, InboxTarget } from './types.ts';
import { createWorker, type Worker } from './worker.ts';

export interface StoreInboxOptions extends InboxOptions {
  /** How often to look for what other processes stored, in ms. Default 1,000. */
  readonly pollMs?: number;
  /**
   * A clock in ms, by which entries are due, leased and purged. All processes that use the store must read the same time from
   * it, and it must never step: the clock of a database server is better than the clock of each machine. Default `Date.now`.
   */
  readonly clock?: () => number;
}

const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Makes an inbox from a store. It claims the entries that are due, hands them to the receiver and settles them, with attempts,
 * backoff, dead letters and purging.
 *
 * If the clock steps back, entries that are due further ahead than is possible become due at once, and `health()` says so. Dead
 * and done entries are not purged in the first minutes after the start, nor when the clock has just stepped.
 *
 * @throws TypeError for an option that is unknown or out of range.
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
  const { pollMs = 1_000, clock = Date.now, ...common } = options;
  checkKnown(options, { ...INBOX_DEFAULTS, pollMs, clock });
  const settings = readInboxOptions(common);
  const { name, leaseMs, keepDoneMs, keepDeadMs } = settings;
  checkAboveZero({ pollMs });
  const guard = createClockGuard(store, settings, clock);
  const toUnixTimes = createToUnixTimes(clock);
  const purger = createPurger(purge, clock);
  let consumer: InboxConsumer | undefined;
  let worker: Worker | undefined;
  let renewal: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;
  let isClosed = false;

  /** Once the store is closed, calls that fail were left to their leases, and are no trouble. */
  const onFailure = (operation: string, cause: unknown) => {
    if (!isClosed) consumer?.onError(operation, cause);
  };
  const checkClock = () => void guard.check().catch((cause) => onFailure('check the clock', cause));

  async function purge(): Promise<number> {
    const nowMs = clock();
    const kept = { done: keepDoneMs, dead: keepDeadMs };
    let count = 0;
    for (const state of ['done', 'dead'] as const) {
      count += await inBatches((limit) => store.purge({ state, beforeMs: nowMs - kept[state], limit }));
    }
    return count;
  }

  async function drainAndClose(timeoutMs: number): Promise<void> {
    // What is still running after the timeout is left to its lease.
    if (worker) await withDeadline(worker.stop(), timeoutMs).catch(() => {});
    clearInterval(renewal);
    purger.stop();
    worker?.abandon();
    isClosed = true;
    await store.close();
  }

  /** @throws Error if nothing was retried, because the bodies are gone. */
  async function checkBodies(target: InboxTarget): Promise<void> {
    const { items } = await store.list({ ...target, limit: 1 });
    if (items.some(({ state, hasBody }) => state === 'done' && !hasBody)) throw bodyIsGone(target);
  }

  return {
    name,
    put: (entry) => (worker ? worker.put(entry) : store.put(entry, { nowMs: clock() })),

    async start(to) {
      if (consumer) {
        throw new Error(`The inbox "${name}" is started already. Give each receiver an inbox of its own.`);
      }
      consumer = to;
      try {
        const { problems } = await store.health();
        for (const problem of problems) to.onError(CHECK_DURABILITY, new Error(problem));
        if (closing) throw new Error(`The inbox "${name}" is closed.`);
      } catch (error) {
        consumer = undefined; // After this, start() can be called again.
        throw error;
      }
      const started = createWorker({ store, settings, pollMs, clock, consumer: to, onFailure });
      worker = started;
      store.listen?.(() => started.wake());
      checkClock();
      purger.start((cause) => onFailure('purge', cause));
      renewal = setInterval(() => {
        started.renew();
        checkClock();
      }, leaseMs / 3);
    },

    close({ timeoutMs = CLOSE_TIMEOUT_MS } = {}) {
      closing ??= Promise.resolve().then(() => drainAndClose(timeoutMs));
      return closing;
    },

    async list(query = {}) {
      checkKnown(query, { state: true, id: true, limit: true, cursor: true });
      const { items, next } = await store.list(query);
      return { items: items.map(toUnixTimes), next };
    },

    counts: async () => store.counts(),

    async retry(target) {
      checkTarget(target);
      const nowMs = clock();
      // An entry that is retried may be dead or done again before all are, so no more are retried than there are now.
      let left = 'id' in target ? 1 : (await store.counts())[target.state];
      const count = await inBatches(async (limit) => {
        const changed = await store.retry(target, { nowMs, limit: Math.min(limit, left) });
        left -= changed;
        return changed;
      });
      if (count === 0) await checkBodies(target);
      worker?.wake();
      return count;
    },

    async discard(target) {
      checkTarget(target);
      return inBatches((limit) => store.discard(target, { limit }));
    },

    erase: (predicate, options) =>
      eraseEntries(
        (query) => store.list(query),
        (id) => store.erase(id, { nowMs: clock() }),
        predicate,
        options,
      ),

    addDone: async (id, handlerName) => store.addDone(id, handlerName),

    purge,

    async health(): Promise<InboxHealth> {
      try {
        const dueAtMs = await store.nextDueMs({ exceptIds: [] });
        const lagMs = Math.max(0, clock() - (dueAtMs ?? Number.POSITIVE_INFINITY));
        const { isWritable, problems } = await store.health();
        const own = [...(worker?.problems() ?? []), ...guard.problems()];
        return { isReachable: true, isWritable, lagMs, problems: [...problems, ...own] };
      } catch (cause) {
        const problem = `The store cannot be read: ${messageOf(cause)}`;
        return { isReachable: false, isWritable: false, lagMs: 0, problems: [problem] };
      }
    },
  };
}
