import { checkAboveZero } from './check.ts';
import { hashText } from './hash.ts';
import type { Claim, Ledger } from './ledger.ts';

export interface MemoryLedgerOptions {
  /** How many events are remembered; beyond it the oldest settled one is forgotten. Default 100,000. */
  readonly maxEntries?: number;
  /** How long a settled event is remembered, in ms. Default 24 h. */
  readonly ttlMs?: number;
}

interface Entry {
  readonly fence: number;
  readonly attempt: number;
  readonly bodyDigest: number;
  done: readonly string[];
  isCompleted: boolean;
  /** End of the lease, then of the memory. */
  untilMs: number;
}

const DAY_MS = 86_400_000;
const LONGEST_PLAIN_KEY = 128;
const NONE: readonly string[] = [];

/**
 * A ledger in this process's memory: enough for one process, and forgotten when it ends.
 *
 * Bounded by `maxEntries`, never at the cost of a live claim: when every entry is one, `claim` throws and the
 * delivery is answered 503. Every call takes the same time however many entries there are.
 *
 * @throws TypeError for a bound that is not a number above 0.
 *
 * @example
 * ```ts
 * import { createMemoryLedger, createReceiver } from '@showpad-webhooks/core';
 *
 * createReceiver({ keys: 'a-signature-key', ledger: createMemoryLedger({ maxEntries: 10_000 }) });
 * ```
 */
export function createMemoryLedger({
  maxEntries = 100_000,
  ttlMs = DAY_MS,
}: MemoryLedgerOptions = {}): Ledger {
  checkAboveZero('maxEntries', maxEntries);
  checkAboveZero('ttlMs', ttlMs);
  // In the order of claiming and of settling, so that the one to forget first stands first.
  const live = new Map<string, Entry>();
  const settled = new Map<string, Entry>();
  const oldestLive = oldestOf(live);
  const oldestSettled = oldestOf(settled);
  let lastFence = 0;

  /** A few per call keep the maps bounded and each call short. */
  function forgetExpired(nowMs: number): void {
    for (let count = 0; count < 2; count++) {
      const oldest = oldestSettled();
      if (oldest && oldest[1].untilMs <= nowMs) settled.delete(oldest[0]);
    }
    // Left by a handler that never settled, for an event that never came again.
    const abandoned = oldestLive();
    if (abandoned && abandoned[1].untilMs + ttlMs <= nowMs) live.delete(abandoned[0]);
  }

  function makeRoom(): void {
    if (live.size + settled.size < maxEntries) return;
    const oldest = oldestSettled();
    if (!oldest) throw new Error(`all ${maxEntries} entries are being handled: raise maxEntries`);
    settled.delete(oldest[0]);
  }

  function held({ key, fence }: Claim): Entry | undefined {
    const entry = live.get(storedKey(key));
    return entry?.fence === fence ? entry : undefined;
  }

  function settle(claim: Claim, isCompleted: boolean, nowMs: number): boolean {
    const entry = held(claim);
    if (!entry) return false;
    entry.isCompleted = isCompleted;
    entry.untilMs = nowMs + ttlMs;
    if (isCompleted) entry.done = NONE;
    const key = storedKey(claim.key);
    live.delete(key);
    settled.set(key, entry);
    return true;
  }

  return {
    claim({ key: fullKey, bodyDigest, leaseMs, nowMs }) {
      forgetExpired(nowMs);
      const key = storedKey(fullKey);
      const holder = live.get(key);
      const kept = holder ?? settled.get(key);
      const past = holder || (kept && kept.untilMs > nowMs) ? kept : undefined;
      const isConflict = past !== undefined && past.bodyDigest !== bodyDigest;
      if (past?.isCompleted) return { status: 'completed', isConflict };
      if (holder && holder.untilMs > nowMs) return { status: 'in-progress', isConflict };

      if (!kept) makeRoom();
      live.delete(key);
      settled.delete(key);
      const fence = ++lastFence;
      const attempt = (past?.attempt ?? 0) + 1;
      const done = past?.done ?? NONE;
      live.set(key, { fence, attempt, bodyDigest, done, isCompleted: false, untilMs: nowMs + leaseMs });
      return { status: 'claimed', fence, attempt, done, isConflict };
    },

    checkpoint(claim, { handler, leaseMs, nowMs }) {
      const entry = held(claim);
      if (!entry) return false;
      entry.untilMs = nowMs + leaseMs;
      if (handler !== undefined) entry.done = [...entry.done, handler];
      return true;
    },

    complete: (claim, { nowMs }) => settle(claim, true, nowMs),
    release: (claim, { nowMs }) => settle(claim, false, nowMs),
  };
}

/**
 * Tells the oldest entry of a map. The iterator is kept: a new one would pass by, each time, all that was deleted
 * before the oldest and that the map has not yet swept out.
 */
function oldestOf(map: ReadonlyMap<string, Entry>): () => [string, Entry] | undefined {
  let entries = map.entries();
  let oldest: [string, Entry] | undefined;
  return () => {
    while (!oldest || map.get(oldest[0]) !== oldest[1]) {
      oldest = entries.next().value;
      if (!oldest) {
        entries = map.entries(); // One that came to its end stays there, and the map is empty.
        break;
      }
    }
    return oldest;
  };
}

/** A long id costs its hash's length, not its own. The prefix keeps it apart from any plain key. */
function storedKey(key: string): string {
  if (key.length <= LONGEST_PLAIN_KEY) return key;
  return `\0${hashText(key).toString('base64')}`;
}
