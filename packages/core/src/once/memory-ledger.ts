import { checkAboveZero, checkKnown } from '../shared/check.ts';
import { hashText } from '../shared/hash.ts';
import type { Claim, Ledger } from './ledger.ts';

export interface MemoryLedgerOptions {
  /**
   * The largest number of events that are remembered, rounded up to an even number. At least the latest half of them is
   * always remembered. No more events than this can be handled at once. Default 200,000.
   */
  readonly maxEntries?: number;
  /** How long an event is remembered, in ms. Some are remembered up to twice as long. Default 24 h. */
  readonly ttlMs?: number;
  /** A clock in ms that never steps. Default `performance.now`. */
  readonly now?: () => number;
}

/** An event that is being handled, or that failed. After a failure its fence is 0, which nobody has, and its lease is over. */
interface Attempt {
  fence: number;
  readonly attempt: number;
  readonly firstSeenMs: number;
  readonly bodyDigest: number;
  done: readonly string[];
  /** When the lease ends. */
  untilMs: number;
}

const DAY_MS = 86_400_000;
const LONGEST_PLAIN_KEY = 128;
const NONE: readonly string[] = [];

/**
 * A ledger in the memory of this process. It serves one process, and is forgotten when the process ends.
 *
 * It keeps settled events in two generations. As soon as the newer one has half of `maxEntries`, or is `ttlMs` old, the older
 * one is forgotten completely. Events that are being handled are never forgotten. If `maxEntries` are being handled at once,
 * `claim` throws and the delivery is answered with 503.
 *
 * @throws TypeError for an option that is unknown or not a number above 0.
 *
 * @example
 * ```ts
 * import { createMemoryLedger, createReceiver } from '@showpad-webhooks/core';
 *
 * createReceiver({ keys: 'a-signature-key', ledger: createMemoryLedger({ maxEntries: 10_000 }) });
 * ```
 */
export function createMemoryLedger(options: MemoryLedgerOptions = {}): Ledger {
  const { maxEntries = 200_000, ttlMs = DAY_MS, now = () => performance.now() } = options;
  checkKnown(options, { maxEntries, ttlMs, now });
  checkAboveZero({ maxEntries, ttlMs });
  const generationSize = Math.ceil(maxEntries / 2);
  /** A completed event is only the digest of its body: nothing else of it matters. */
  let newer = new Map<string, Attempt | number>();
  let older = newer;
  let newerSinceMs = Number.NEGATIVE_INFINITY;
  const running = new Map<string, Attempt>();
  let lastFence = 0;

  function makeRoom(nowMs: number): void {
    const ageMs = nowMs - newerSinceMs;
    if (ageMs < ttlMs && newer.size < generationSize) return;
    dropLapsed(nowMs);
    older = ageMs < 2 * ttlMs ? newer : new Map(); // After a long quiet time, both are old.
    newer = new Map();
    newerSinceMs = nowMs;
  }

  /** Moves claims whose lease is over out of the running ones: their holders are late or will never come back. */
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

  function settle(claim: Claim, isCompleted: boolean): boolean {
    const attempt = held(claim);
    if (!attempt) return false;
    attempt.fence = 0;
    attempt.untilMs = 0;
    makeRoom(now());
    const key = storedKey(claim.key);
    running.delete(key);
    newer.set(key, isCompleted ? attempt.bodyDigest : attempt);
    return true;
  }

  return {
    endsWithProcess: true,

    claim({ key: fullKey, bodyDigest, leaseMs }) {
      const nowMs = now();
      makeRoom(nowMs);
      const key = storedKey(fullKey);
      const past = find(key);
      if (typeof past === 'number') return { status: 'completed', isConflict: past !== bodyDigest };
      const isConflict = past !== undefined && past.bodyDigest !== bodyDigest;
      if (past && past.untilMs > nowMs) return { status: 'in-progress', isConflict };

      if (running.size >= maxEntries) dropLapsed(nowMs);
      if (running.size >= maxEntries) {
        throw new Error(`${maxEntries} events are being handled at once. Raise maxEntries.`);
      }
      const fence = ++lastFence;
      const attempt = (past?.attempt ?? 0) + 1;
      const done = past?.done ?? NONE;
      const firstSeenMs = past?.firstSeenMs ?? nowMs;
      running.set(key, { fence, attempt, firstSeenMs, bodyDigest, done, untilMs: nowMs + leaseMs });
      return { status: 'claimed', fence, attempt, ageMs: nowMs - firstSeenMs, done, isConflict };
    },

    checkpoint(claim, { handler, leaseMs }) {
      const attempt = held(claim);
      if (!attempt) return false;
      attempt.untilMs = now() + leaseMs;
      if (handler !== undefined) attempt.done = [...attempt.done, handler];
      return true;
    },

    complete: (claim) => settle(claim, true),
    release: (claim) => settle(claim, false),
  };
}

/** A long id is kept as its hash, to save memory. The prefix keeps it apart from every plain key. */
function storedKey(key: string): string {
  if (key.length <= LONGEST_PLAIN_KEY) return key;
  return `\0${hashText(key, 'base64')}`;
}
