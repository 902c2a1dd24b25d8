import { checkAboveZero } from './check.ts';
import { hashText } from './hash.ts';
import type { Claim, Ledger } from './ledger.ts';

export interface MemoryLedgerOptions {
  /** How many events are remembered at most, rounded up to an even number; at least the latest half. Default 200,000. */
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

/** Of a completed event the digest of its body is all that matters. */
type Known = Attempt | number;

const DAY_MS = 86_400_000;
const LONGEST_PLAIN_KEY = 128;
const NONE: readonly string[] = [];

/**
 * A ledger in this process's memory: enough for one process, and forgotten when it ends.
 *
 * It keeps two generations: once the newer holds half of `maxEntries`, or is `ttlMs` old, the older is forgotten as a
 * whole, but for what is being handled. Where that alone fills a generation, `claim` throws and the delivery is
 * answered 503.
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
  let newer = new Map<string, Known>();
  let older = newer;
  let newerSinceMs = Number.NEGATIVE_INFINITY;
  let lastFence = 0;

  function startGeneration(sinceMs: number, nowMs: number): void {
    const next = new Map<string, Known>();
    for (const [key, known] of older) if (isLive(known, nowMs)) next.set(key, known);
    older = newer;
    newer = next;
    newerSinceMs = sinceMs;
  }

  function held(claim: Claim): Attempt | undefined {
    const key = storedKey(claim.key);
    const known = newer.get(key) ?? older.get(key);
    return typeof known === 'object' && known.fence === claim.fence ? known : undefined;
  }

  function settle(claim: Claim, isCompleted: boolean): boolean {
    const attempt = held(claim);
    if (!attempt) return false;
    attempt.fence = 0;
    attempt.untilMs = 0;
    newer.set(storedKey(claim.key), isCompleted ? attempt.bodyDigest : attempt);
    return true;
  }

  return {
    claim({ key: fullKey, bodyDigest, leaseMs, nowMs }) {
      if (nowMs - newerSinceMs >= 2 * ttlMs) startGeneration(nowMs - ttlMs, nowMs); // After a quiet time, both go.
      if (nowMs - newerSinceMs >= ttlMs) startGeneration(nowMs, nowMs);
      const key = storedKey(fullKey);
      const past = newer.get(key) ?? older.get(key);
      if (typeof past === 'number') return { status: 'completed', isConflict: past !== bodyDigest };
      const isConflict = past !== undefined && past.bodyDigest !== bodyDigest;
      if (isLive(past, nowMs)) return { status: 'in-progress', isConflict };

      if (newer.size >= generationSize) startGeneration(nowMs, nowMs);
      if (newer.size >= generationSize) {
        throw new Error(`half of ${maxEntries} entries are being handled: raise maxEntries`);
      }
      const fence = ++lastFence;
      const attempt = (past?.attempt ?? 0) + 1;
      const done = past?.done ?? NONE;
      newer.set(key, { fence, attempt, bodyDigest, done, untilMs: nowMs + leaseMs });
      return { status: 'claimed', fence, attempt, done, isConflict };
    },

    checkpoint(claim, { handler, leaseMs, nowMs }) {
      const attempt = held(claim);
      if (!attempt) return false;
      attempt.untilMs = nowMs + leaseMs;
      if (handler !== undefined) attempt.done = [...attempt.done, handler];
      return true;
    },

    complete: (claim) => settle(claim, true),
    release: (claim) => settle(claim, false),
  };
}

function isLive(known: Known | undefined, nowMs: number): boolean {
  return typeof known === 'object' && known.untilMs > nowMs;
}

/** A long id costs its hash's length, not its own. The prefix keeps it apart from any plain key. */
function storedKey(key: string): string {
  if (key.length <= LONGEST_PLAIN_KEY) return key;
  return `\0${hashText(key).toString('base64')}`;
}
