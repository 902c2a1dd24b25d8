import { withDeadline } from '@showpad-webhooks/core/shared';

/** Waits for the server no longer than `deadlineMs`, 2,500 by default, and rejects after that. */
export function withAnswer<T>(promise: Promise<T>, deadlineMs?: number): Promise<T> {
  return withDeadline(promise, deadlineMs, 'The server did not answer');
}
