import type { Inbox, InboxCounts } from '../inbox/types.ts';

/** How an inbox is at one moment. */
export interface InboxStatus extends InboxCounts {
  /** How long the entry that waits longest has been due, in ms. */
  readonly lagMs: number;
  /** What could lose events, or stops them from being stored or handled, in plain words. */
  readonly problems: readonly string[];
}

/** Reads the counts and the health of an inbox. Rejects if the store does not answer. */
export async function readStatus(inbox: Pick<Inbox, 'counts' | 'health'>): Promise<InboxStatus> {
  const counts = await inbox.counts();
  const { lagMs, problems } = await inbox.health();
  return { ...counts, lagMs: Math.round(lagMs), problems };
}
