import { checkAboveZero, checkCounts, checkKnown } from '../shared/check.ts';
import { boundBackoff, defaultBackoff } from './backoff.ts';

/** The options that all inboxes have in common. */
export interface InboxOptions {
  /** The name of the inbox and of its receiver. Give each of several inboxes in one store its own. Default `default`. */
  readonly name?: string;
  /** After so many failed attempts an entry is dead. Default 8. */
  readonly maxAttempts?: number;
  /**
   * How long to wait after an attempt failed, in ms. The attempt is counted from 1. No wait is longer than 7 days. Default, also
   * for an attempt for which it gives no number: a random time up to 10 s × 4ⁿ⁻¹, and at most 1 h.
   */
  readonly backoff?: (attempt: number) => number;
  /** How many entries are handled at once in each process. 1 keeps the order of arrival, except for retries. Default 8. */
  readonly concurrency?: number;
  /**
   * How long after a process died another one takes over what it was handling. It is renewed while handlers run. If handlers
   * block the event loop for longer than this, events are handled twice. Default 30,000.
   */
  readonly leaseMs?: number;
  /** How long handled events are remembered. Default 7 days. */
  readonly keepDoneMs?: number;
  /**
   * Keeps the bodies of handled events as long as the events are remembered, so that they can be retried by hand. Without it
   * a body is deleted when its event is done, and the store needs room only for what is not handled yet. Default false.
   */
  readonly keepDoneBodies?: boolean;
  /** How long dead entries are kept. Default 30 days. */
  readonly keepDeadMs?: number;
}

const DAY_MS = 86_400_000;

/** The default of every option of an inbox, for authors of inboxes. */
export const INBOX_DEFAULTS: Readonly<Required<InboxOptions>> = {
  name: 'default',
  maxAttempts: 8,
  backoff: defaultBackoff,
  concurrency: 8,
  leaseMs: 30_000,
  keepDoneMs: 7 * DAY_MS,
  keepDoneBodies: false,
  keepDeadMs: 30 * DAY_MS,
};

/**
 * Fills in the defaults of the options that all inboxes have in common, and keeps the backoff within its bounds.
 *
 * @throws TypeError for an option that is unknown or out of range.
 */
export function readInboxOptions(options: InboxOptions): Required<InboxOptions> {
  checkKnown(options, INBOX_DEFAULTS);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const settings: Required<InboxOptions> = { ...INBOX_DEFAULTS, ...Object.fromEntries(given) };
  const { maxAttempts, backoff, concurrency, leaseMs, keepDoneMs, keepDeadMs } = settings;
  checkCounts({ maxAttempts, concurrency });
  checkAboveZero({ leaseMs, keepDoneMs, keepDeadMs });
  return { ...settings, backoff: backoff === defaultBackoff ? backoff : boundBackoff(backoff) };
}
