import { messageOf } from '../shared/error.ts';
import { nextTurn } from '../shared/promise.ts';
import { withFailure } from './failures.ts';
import type { InboxOptions } from './options.ts';
import { Pause } from './pause.ts';
import type { ClaimedEntry, InboxStore, SettledOutcome } from './store.ts';
import type { InboxConsumer, InboxEntry, InboxFailure, InboxJob, InboxPutResult } from './types.ts';

export interface WorkerOptions {
  readonly store: InboxStore;
  readonly settings: Required<InboxOptions>;
  readonly pollMs: number;
  readonly clock: () => number;
  readonly consumer: InboxConsumer;
  /** Called with what could not be done in the background. */
  readonly onFailure: (operation: string, cause: unknown) => void;
}

/** Claims entries that are due, hands them to the consumer, and settles them. */
export interface Worker {
  /** Stores an entry, and takes it at once if a place is free and nothing older waits. */
  put(entry: InboxEntry): Promise<InboxPutResult>;
  /** Looks for entries now. */
  wake(): void;
  /** Renews the leases of the entries whose handlers run. */
  renew(): void;
  /** Takes no more entries. Resolves when all that were taken are settled. */
  stop(): Promise<void>;
  /** Leaves what is still running to its lease. */
  abandon(): void;
  problems(): readonly string[];
}

/** An entry that this process holds. Its fence changes if the store gives the entry to this process once more. */
interface Work {
  readonly entry: ClaimedEntry;
  readonly controller: AbortController;
  /** Waits before the entry is settled again. */
  readonly pause: Pause;
  /** Unix time in ms, for people to read. */
  readonly startedAtMs: number;
  fence: number;
  /** When the lease ends, in ms of `performance.now`. */
  leaseEndsMs: number;
}

type PutClaimed = Awaited<ReturnType<NonNullable<InboxStore['putClaimed']>>>;

const SETTLE_AGAIN_MS = 1_000;

export function createWorker(options: WorkerOptions): Worker {
  const { store, settings, pollMs, clock, consumer, onFailure } = options;
  const { maxAttempts, concurrency, leaseMs } = settings;
  const putClaimed = store.putClaimed?.bind(store);
  /** The entries whose handlers run, by the id of the event. */
  const running = new Map<string, Work>();
  /** The entries whose handlers have ended, and that are not settled yet. */
  const settling = new Map<string, Work>();
  const unsettled = new Set<Promise<void>>();
  /** How many places are kept for entries that are being stored. */
  let reserved = 0;
  /** False if older entries may be waiting when a new one comes. */
  let isCaughtUp = false;
  /** True if an entry was stored, and not taken, since the last look began. */
  let hasMissed = false;
  /** Resolves in the next turn of the event loop. Entries that begin in it together free their places together. */
  let turn: Promise<void> | undefined;
  const pause = new Pause();
  /**
   * How many entries one look takes at most. It falls to one after a look that failed, because a full store may still have room
   * to change one.
   */
  let claimSize = concurrency;
  let failedClaims = 0;
  let lastCause: unknown;
  let isStopping = false;
  let isAbandoned = false;

  const heldIds = () => [...running.keys(), ...settling.keys()];

  const freePlaces = () => concurrency - running.size - reserved;

  async function put(entry: InboxEntry): Promise<InboxPutResult> {
    if (putClaimed && isCaughtUp && !isStopping && !entry.error && freePlaces() > 0) {
      const claimedMs = performance.now();
      const storing = (async () => putClaimed(entry, { nowMs: clock(), leaseMs }))();
      const taking = take(entry, claimedMs, storing).finally(() => unsettled.delete(taking));
      unsettled.add(taking);
      const result = await storing;
      return 'fence' in result ? 'stored' : result;
    }
    isCaughtUp = false;
    hasMissed = true;
    const result = await store.put(entry, { nowMs: clock() });
    pause.wake();
    return result;
  }

  /** Keeps a place for an entry that is being stored, and then handles it, unless it was known. Whoever put it hears why it failed. */
  async function take(entry: InboxEntry, claimedMs: number, storing: Promise<PutClaimed>): Promise<void> {
    reserved++;
    const result = await storing.catch(() => undefined);
    if (result && 'fence' in result) {
      // The response is written before handlers begin.
      turn ??= nextTurn().then(() => {
        turn = undefined;
      });
      await turn;
      start({ ...entry, ...result, attempt: 1, generation: 0, done: [], failures: [] }, claimedMs);
    }
    reserved--;
    wakeIfBehind();
  }

  async function claimUntilStopped(): Promise<void> {
    while (!isStopping) await pause.wait(await claim());
  }

  /** Fills the free places. Resolves to how long to wait before the next look, in ms. */
  async function claim(): Promise<number> {
    // Until this look has found nothing more, entries that come are newer than those that wait.
    isCaughtUp = false;
    const limit = Math.min(freePlaces(), claimSize);
    if (limit === 0) return pollMs; // The next free place ends the pause.
    try {
      hasMissed = false;
      const claimedMs = performance.now();
      const entries = await store.claim({ limit, leaseMs, nowMs: clock(), exceptIds: heldIds() });
      for (const entry of entries) start(entry, claimedMs);
      const waitMs = entries.length === limit ? 0 : await untilNextDue();
      isCaughtUp = entries.length < limit && !hasMissed;
      claimSize = Math.min(claimSize + 1, concurrency);
      failedClaims = 0;
      return waitMs;
    } catch (cause) {
      onFailure('claim', cause);
      if (claimSize > 1) {
        claimSize = 1;
        return 0;
      }
      failedClaims++;
      lastCause = cause;
      return pollMs;
    }
  }

  /** Looks at once if entries may be waiting, because a place is free. */
  function wakeIfBehind(): void {
    if (!isCaughtUp) pause.wake();
  }

  async function untilNextDue(): Promise<number> {
    const dueAtMs = await store.nextDueMs({ exceptIds: heldIds() });
    return Math.min(pollMs, (dueAtMs ?? Number.POSITIVE_INFINITY) - clock());
  }

  function start(entry: ClaimedEntry, claimedMs: number): void {
    const held = running.get(entry.id) ?? settling.get(entry.id);
    if (held) {
      // The store gives this process what it holds already. It is not handled twice at once.
      held.fence = entry.fence;
      return;
    }
    const [controller, leaseEndsMs] = [new AbortController(), claimedMs + leaseMs];
    const startedAtMs = Date.now();
    const work = { entry, controller, pause: new Pause(), startedAtMs, fence: entry.fence, leaseEndsMs };
    const settled = handle(work)
      .catch((cause) => onFailure('settle', cause)) // Its lease runs out, and it is handled again.
      .finally(() => {
        running.delete(entry.id);
        settling.delete(entry.id);
        unsettled.delete(settled);
      });
    unsettled.add(settled);
  }

  async function handle(work: Work): Promise<void> {
    const { entry, controller } = work;
    running.set(entry.id, work);
    const job: InboxJob = {
      ...entry,
      isExhausted: entry.attempt > maxAttempts,
      signal: controller.signal,
      claim: {
        store,
        key: entry.id,
        get fence() {
          return work.fence;
        },
      },
      checkpoint: (handlerName) => hold(work, handlerName),
    };
    const failure = await consumer.process(job);
    running.delete(entry.id);
    settling.set(entry.id, work);
    wakeIfBehind();
    const outcome = outcomeOf(work, failure);
    const isSettled = await settle(work, outcome);
    settling.delete(entry.id);
    if (outcome.state === 'pending') pause.wake();
    if (isSettled && failure && outcome.state === 'dead') consumer.onDead(job, failure);
  }

  /** Tries until the lease is over, because after that the handlers would run again. */
  async function settle(work: Work, outcome: SettledOutcome): Promise<boolean> {
    for (let tries = 1; !isAbandoned; tries++) {
      try {
        return await store.settle({ id: work.entry.id, fence: work.fence }, outcome);
      } catch (cause) {
        if (tries === 1) onFailure('settle', cause);
        const leftMs = work.leaseEndsMs - performance.now();
        if (leftMs <= 0) break;
        await work.pause.wait(Math.min(SETTLE_AGAIN_MS, leftMs));
      }
    }
    return false;
  }

  async function hold(work: Work, handlerName?: string): Promise<boolean> {
    const { entry, controller, fence } = work;
    const beganMs = performance.now();
    const isHeld = await store.checkpoint({ id: entry.id, fence }, { handlerName, leaseMs, nowMs: clock() });
    if (isHeld) work.leaseEndsMs = beganMs + leaseMs;
    else controller.abort();
    return isHeld;
  }

  function outcomeOf({ entry, startedAtMs }: Work, failure: InboxFailure | undefined): SettledOutcome {
    const nowMs = clock();
    if (!failure) return { state: 'done', nowMs, keepBody: settings.keepDoneBodies };
    const { attempt, generation } = entry;
    const error = failure.kept;
    const failed = { ...error, attempt, generation, startedAtMs, endedAtMs: Date.now() };
    const failures = withFailure(entry.failures, failed);
    if (failure.isFinal || attempt >= maxAttempts) return { state: 'dead', nowMs, error, failures };
    const waitMs = Math.max(settings.backoff(attempt), failure.retryAfterMs ?? 0);
    return { state: 'pending', nowMs, error, failures, dueMs: nowMs + waitMs };
  }

  const claiming = claimUntilStopped();
  return {
    put,
    wake: () => pause.wake(),

    renew() {
      for (const work of running.values()) hold(work).catch((cause) => onFailure('renew', cause));
    },

    async stop() {
      isStopping = true;
      pause.wake();
      await claiming;
      while (unsettled.size > 0) await Promise.all(unsettled); // One that is stored meanwhile is handled, too.
    },

    abandon() {
      isAbandoned = true;
      for (const { controller } of running.values()) controller.abort();
      for (const work of settling.values()) work.pause.wake();
    },

    problems() {
      if (failedClaims < 2) return [];
      return [
        `The last ${failedClaims} attempts to take events from the store failed, so nothing is handled: ${messageOf(lastCause)}`,
      ];
    },
  };
}
