import { messageOf } from '../shared/error.ts';
import { withDeadline } from '../shared/promise.ts';

/** The health of a receiver, for a readiness probe. */
export interface ReceiverHealth {
  /** True if a delivery would be accepted: the receiver is open and started, and its inbox can be reached and can store. */
  readonly isReady: boolean;
  /** How long the oldest due entry of the inbox has been waiting, in ms. It is 0 without an inbox. */
  readonly lagMs: number;
  /** What stops deliveries, or could lose them, in plain words. */
  readonly problems: readonly string[];
}

/** What is asked of an inbox for the health of its receiver. */
export interface HealthSource {
  readonly isAccepting: boolean;
  health(): Promise<{
    readonly isReachable: boolean;
    readonly isWritable?: boolean | undefined;
    readonly lagMs: number;
    readonly problems: readonly string[];
  }>;
}

export async function checkHealth(
  isClosed: boolean,
  inbox: HealthSource | undefined,
): Promise<ReceiverHealth> {
  const problems: string[] = [];
  if (isClosed) problems.push('The receiver is closed.');
  if (!inbox) return { isReady: !isClosed, lagMs: 0, problems };
  if (!inbox.isAccepting) problems.push('The receiver has an inbox, and start() was not called.');
  const isOpen = problems.length === 0;
  try {
    const health = await withDeadline(inbox.health());
    problems.push(...health.problems);
    const isReady = isOpen && health.isReachable && health.isWritable !== false;
    return { isReady, lagMs: health.lagMs, problems };
  } catch (cause) {
    problems.push(`The inbox did not answer: ${messageOf(cause)}`);
    return { isReady: false, lagMs: 0, problems };
  }
}
