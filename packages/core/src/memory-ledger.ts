import { checkAboveZero } from './check.ts';
import { hashText } from './hash.ts';
import type { Claim, Ledger } from './ledger.ts';

export interface MemoryLedgerOptions {
  /**
   * How many events are remembered at most, rounded up to an even number; at least the latest half. And how many can be
   * handled at once. Default 200,000.
   */
  readonly maxEntries?: number;
  /** How long an event is remembered at least, in ms; at most twice as long. Default 24 h. */
  readonly ttlMs?: number;
}

/** An event that is being handled, or has failed: then nobody's fence is 0, and its lease is over. */
interface Attempt {
  fence: number;
  readonly attempt: number;
  readonly bodyDigest: number;
  done: readonly string[];
  /** End of the lease. */
  untilMs: number;
}

const DAY_MS = 86_400_000;
const LONGEST_PLAIN_KEY = 128;
const NONE: readonly string[] = [];

/**
 * A ledger in this process's memory: enough for one process, and forgotten when it ends.
 *
 * It keeps two generations of what is settled: once the newer holds half of `maxEntries`, or is `ttlMs` old, the older is
 * forgotten as a whole. What is being handled is never forgotten; where `maxEntries` are at once, `claim` throws and the
 * delivery is answered 503.
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
  maxEntries = 200_000,
  ttlMs = DAY_MS,
}: MemoryLedgerOptions = {}): Ledger {
  checkAboveZero({ maxEntries, ttlMs });
  const generationSize = Math.ceil(maxEntries / 2);
  /** Of a completed event the digest of its body is all that matters. */
  let newer = new Map<string, Attempt | number>();
  let older = newer;
  let newerSinceMs = Number.NEGATIVE_INFINITY;
  const running = new Map<string, Attempt>();
  let lastFence = 0;

  function makeRoom(nowMs: number): void {
    const ageMs = nowMs - newerSinceMs;
    if (ageMs < ttlMs && newer.size < generationSize) return;
    dropLapsed(nowMs);
    older = ageMs < 2 * ttlMs ? newer : new Map(); // After a quiet time, both go.
    newer = new Map();
    newerSinceMs = nowMs;
  }

  /** Whoever holds these is late, or will never come back. */
  function dropLapsed(nowMs: number): void {
    for (const [key, attempt] of running) {
      if (attempt.untilMs > nowMs) continue;
      running.delete(key);
      newer.set(key, attempt);
    }
  }

  function find(key: string): Attempt | number | undefined {
    return running.get(key) ?? newer.get(key) ?? older.get(key);
  }

  function held({ key, fence }: Claim): Attempt | undefined {
    const known = find(storedKey(key));
    return typeof known === 'object' && known.fence === fence ? known : undefined;
  }

  function settle(claim: Claim, nowMs: number, isCompleted: boolean): boolean {
    const attempt = held(claim);
    if (!attempt) return false;
    attempt.fence = 0;
    attempt.untilMs = 0;
    makeRoom(nowMs);
    const key = storedKey(claim.key);
    running.delete(key);
    newer.set(key, isCompleted ? attempt.bodyDigest : attempt);
    return true;
  }

  return {
    claim({ key: fullKey, bodyDigest, leaseMs, nowMs }) {
      makeRoom(nowMs);
      const key = storedKey(fullKey);
      const past = find(key);
      if (typeof past === 'number') return { status: 'completed', isConflict: past !== bodyDigest };
      const isConflict = past !== undefined && past.bodyDigest !== bodyDigest;
      if (past && past.untilMs > nowMs) return { status: 'in-progress', isConflict };

      if (running.size >= maxEntries) dropLapsed(nowMs);
      if (running.size >= maxEntries) {
        throw new Error(`${maxEntries} events are being handled: raise maxEntries`);
      }
      const fence = ++lastFence;
      const attempt = (past?.attempt ?? 0) + 1;
      const done = past?.done ?? NONE;
      running.set(key, { fence, attempt, bodyDigest, done, untilMs: nowMs + leaseMs });
      return { status: 'claimed', fence, attempt, done, isConflict };
    },

    checkpoint(claim, { handler, leaseMs, nowMs }) {
      const attempt = held(claim);
      if (!attempt) return false;
      attempt.untilMs = nowMs + leaseMs;
      if (handler !== undefined) attempt.done = [...attempt.done, handler];
      return true;
    },

    complete: (claim, { nowMs }) => settle(claim, nowMs, true),
    release: (claim, { nowMs }) => settle(claim, nowMs, false),
  };
}

/** A long id costs its hash's length, not its own. The prefix keeps it apart from any plain key. */
function storedKey(key: string): string {
  if (key.length <= LONGEST_PLAIN_KEY) return key;
  return `\0${hashText(key).toString('base64')}`;
}
