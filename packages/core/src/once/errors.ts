import { type ErrorCode, ShowpadWebhookError } from '../shared/error.ts';
import { DEADLINE_MS } from '../shared/promise.ts';

export type StoreName = 'ledger' | 'inbox';

export const CODE_OF: Readonly<Record<StoreName, ErrorCode>> = {
  ledger: 'LEDGER_FAILED',
  inbox: 'INBOX_FAILED',
};

/** The error of a store that threw or took too long. */
export function storeFailed(store: StoreName, operation: string, cause: unknown): ShowpadWebhookError {
  return new ShowpadWebhookError(CODE_OF[store], `The ${store} failed at "${operation}".`, {
    hint: `It threw an error or took longer than ${DEADLINE_MS} ms: see error.cause. Can its server or its file be reached?`,
    cause,
  });
}

/** The error of a holder that was too late: another one has taken the event over. */
export function claimLost(store: StoreName, operation: string): ShowpadWebhookError {
  return new ShowpadWebhookError(
    CODE_OF[store],
    `The ${store} did not accept "${operation}", because another process has taken the event over.`,
    { hint: 'This process was too late. Do handlers block the event loop, or was the process paused?' },
  );
}

export function inProgress(): ShowpadWebhookError {
  return new ShowpadWebhookError('IN_PROGRESS', 'Another delivery of this event is still running.', {
    hint: 'Showpad will retry, and by then the event is usually handled. If you see this often, your handlers are slow.',
  });
}

export function eventConflict(): ShowpadWebhookError {
  return new ShowpadWebhookError('EVENT_CONFLICT', 'An event id came again with another body.', {
    hint: 'The event was treated as a duplicate. Do two senders use the same id?',
  });
}
