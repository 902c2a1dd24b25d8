import { ShowpadWebhookError } from '../error.ts';
import type { InboxError } from '../inbox.ts';

const LONGEST_KEPT_MESSAGE = 1_000;

/** What is kept of an error, for whoever looks at the dead later. */
export function keptError({ code, message, cause }: ShowpadWebhookError): InboxError {
  const text = cause === undefined ? message : `${message}: ${messageOf(cause)}`;
  return { code, message: text.slice(0, LONGEST_KEPT_MESSAGE) };
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Of an entry whose attempts all ended without a word. */
export function exhausted(attempts: number): ShowpadWebhookError {
  return new ShowpadWebhookError(
    'HANDLER_FAILED',
    `the process ended in each of ${attempts} attempts`,
    'A handler ends or blocks it. Retry the event by hand once that is mended.',
  );
}
