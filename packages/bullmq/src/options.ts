import { INBOX_DEFAULTS, type InboxOptions } from '@showpad-webhooks/core/inbox';
import { checkAboveZero } from './shared.ts';

/** @throws TypeError for an option that is out of range. */
export function readOptions(options: InboxOptions): Required<InboxOptions> {
  const {
    name = INBOX_DEFAULTS.name,
    maxAttempts = INBOX_DEFAULTS.maxAttempts,
    backoff = INBOX_DEFAULTS.backoff,
    concurrency = INBOX_DEFAULTS.concurrency,
    leaseMs = INBOX_DEFAULTS.leaseMs,
    keepDoneMs = INBOX_DEFAULTS.keepDoneMs,
    keepDeadMs = INBOX_DEFAULTS.keepDeadMs,
  } = options;
  checkAboveZero({ maxAttempts, concurrency, leaseMs, keepDoneMs, keepDeadMs });
  return { name, maxAttempts, backoff, concurrency, leaseMs, keepDoneMs, keepDeadMs };
}
