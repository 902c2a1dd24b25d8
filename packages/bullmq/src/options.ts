import { INBOX_DEFAULTS, type InboxOptions } from '@showpad-webhooks/core/inbox';
import { checkAboveZero } from './shared.ts';

/** No entry waits longer than this for its next attempt. */
const LONGEST_WAIT_MS = 604_800_000;

/** @throws TypeError for an option that is out of range. */
export function readOptions(options: InboxOptions): Required<InboxOptions> {
  const {
    name = INBOX_DEFAULTS.name,
    maxAttempts = INBOX_DEFAULTS.maxAttempts,
    backoff = INBOX_DEFAULTS.backoff,
    concurrency = INBOX_DEFAULTS.concurrency,
    leaseMs = INBOX_DEFAULTS.leaseMs,
    keepDoneMs = INBOX_DEFAULTS.keepDoneMs,
    keepDoneBodies = INBOX_DEFAULTS.keepDoneBodies,
    keepDeadMs = INBOX_DEFAULTS.keepDeadMs,
  } = options;
  checkAboveZero({ maxAttempts, concurrency, leaseMs, keepDoneMs, keepDeadMs });
  return {
    name,
    maxAttempts,
    backoff: (attempt) => Math.round(Math.min(Math.max(0, backoff(attempt)), LONGEST_WAIT_MS)),
    concurrency,
    leaseMs,
    keepDoneMs,
    keepDoneBodies,
    keepDeadMs,
  };
}
