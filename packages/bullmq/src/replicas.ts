import { checkAboveZero, checkCounts, checkKnown } from '@showpad-webhooks/core/shared';
import type { CallNode } from './redis-scripts.ts';

/** How many replicas of Redis must have an event before it counts as stored. */
export interface WaitReplicas {
  readonly count: number;
  /** How long to wait for them, in ms. Default 1,000. At most 2,000, because an event must be stored within 2.5 s. */
  readonly timeoutMs?: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 1_000;
const LONGEST_TIMEOUT_MS = 2_000;

/** @throws TypeError for an option that is unknown or out of range. */
export function readWaitReplicas(options: WaitReplicas | undefined): Required<WaitReplicas> | undefined {
  if (!options) return undefined;
  const { count, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  checkKnown(options, { count, timeoutMs }, 'waitReplicas.');
  checkCounts({ 'waitReplicas.count': count });
  checkAboveZero({ 'waitReplicas.timeoutMs': Number(timeoutMs) });
  if (Number(timeoutMs) > LONGEST_TIMEOUT_MS) {
    throw new TypeError(
      `The option "waitReplicas.timeoutMs" must be at most ${LONGEST_TIMEOUT_MS}, not ${timeoutMs}.`,
    );
  }
  return { count, timeoutMs: Math.ceil(Number(timeoutMs)) };
}

/** Resolves when enough replicas of a node have all that was written to it before. */
export type ReplicaWait = (callNode: CallNode) => Promise<void>;

/**
 * Makes a function that sends `WAIT`. While one `WAIT` is under way, those who come share the next one: it blocks the connection,
 * so one for each event would make them wait for each other.
 */
export function createReplicaWait({ count, timeoutMs }: Required<WaitReplicas>): ReplicaWait {
  let current: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  async function wait(callNode: CallNode): Promise<void> {
    const confirmed = Number(await callNode('WAIT', String(count), String(timeoutMs)));
    if (confirmed >= count) return;
    throw new Error(
      `Only ${confirmed} of ${count} replicas of Redis confirmed the event within ${timeoutMs} ms, so a failover could lose ` +
        'it. Check the replicas and their connection to the master.',
    );
  }

  return (callNode) => {
    next ??= current
      .catch(() => {})
      .then(() => {
        next = undefined;
        current = wait(callNode);
        return current;
      });
    return next;
  };
}
