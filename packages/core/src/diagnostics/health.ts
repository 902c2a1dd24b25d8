import { withDeadline } from '../promise.ts';
import type { Queue } from '../queue.ts';

/** For a readiness probe. */
export interface ReceiverHealth {
  /** Whether a delivery would be taken: open, started, and its inbox within reach. */
  readonly isReady: boolean;
  /** How long the inbox's oldest due entry has been waiting. 0 without an inbox. */
  readonly lagMs: number;
  /** What stops deliveries, or could lose them, in plain words. */
  readonly problems: readonly string[];
}

export async function checkHealth(
  queue: Promise<Queue> | undefined,
  isClosed: boolean,
): Promise<ReceiverHealth> {
  const opened = await queue;
  const own = [
    ...(isClosed ? ['the receiver is closed'] : []),
    ...(opened && !opened.isTaking() ? ['the receiver has an inbox and was not started'] : []),
  ];
  try {
    const { isReachable = true, lagMs = 0, problems = [] } = (await withDeadline(opened?.health())) ?? {};
    return { isReady: isReachable && own.length === 0, lagMs, problems: [...own, ...problems] };
  } catch (cause) {
    return {
      isReady: false,
      lagMs: 0,
      problems: [...own, `the inbox gave no answer: ${(cause as Error).message}`],
    };
  }
}
