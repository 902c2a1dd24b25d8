// Tells a Slack channel who joined a Shared Space.
import {
  type EventOf,
  type Handler,
  PermanentError,
  RetryAfterError,
  type ShowpadEventMap,
} from '@showpad-webhooks/core';
import { IncomingWebhook, IncomingWebhookHTTPError } from '@slack/webhook';

/** Slack's client keeps the headers of a refusal to itself, and this one says how long to wait. */
const fetchOrWait: typeof fetch = async (...args) => {
  const response = await fetch(...args);
  if (response.status !== 429) return response;
  throw new RetryAfterError('Slack limits our messages.', { header: response.headers.get('retry-after') });
};

/**
 * Makes a handler. An incoming webhook has no key that makes it idempotent. The inbox runs the handler once, but if the process
 * ends between Slack's answer and the note that the event is done, the message is posted again.
 *
 * @param url the URL of the incoming webhook. It is a secret.
 */
export function tellSlack(url: string): Handler<EventOf<ShowpadEventMap, 'shared-space-user-added'>> {
  const slack = new IncomingWebhook(url, { fetch: fetchOrWait, timeout: 10_000 }); // Without retries: the inbox retries.
  return async ({ data }) => {
    const text = `${escaped(data.invitee.email)} joined ${escaped(data.sharedSpace.name)}`;
    try {
      await slack.send({ text });
    } catch (error) {
      throw toHandlerError(error);
    }
  };
}

/** Otherwise a name such as `<!channel>` would alert everybody: https://docs.slack.dev/messaging/formatting-message-text */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A webhook that was revoked, or a channel that was archived, is answered with a 4xx and does not come back. */
function toHandlerError(error: unknown): unknown {
  if (error instanceof IncomingWebhookHTTPError) {
    const message = `Slack answered ${error.statusCode}.`;
    return error.statusCode < 500 ? new PermanentError(message) : new Error(message);
  }
  // What `fetch` threw. The error around it has the URL in its stack on some versions of Node.
  return (error as { readonly original?: unknown }).original ?? error;
}
