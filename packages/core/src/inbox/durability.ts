import { messageOf, ShowpadWebhookError } from '../shared/error.ts';

/** With this operation an inbox reports, at its start, what could lose events: see `InboxConsumer.onError`. */
export const CHECK_DURABILITY = 'check durability';

/** The error for a problem that an inbox reports. Nothing has failed yet, and the problem itself says what to do. */
export function problemFound(problem: unknown): ShowpadWebhookError {
  const message = `The inbox reports a problem. ${messageOf(problem)}`;
  return new ShowpadWebhookError('INBOX_FAILED', message, {
    hint: 'Until it is fixed, health() lists it too.',
    cause: problem,
  });
}
