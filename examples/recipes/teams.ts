// Tells a channel of Microsoft Teams who joined a Shared Space, through a webhook of Workflows. It needs no client.
import {
  type EventOf,
  type Handler,
  PermanentError,
  RetryAfterError,
  type ShowpadEventMap,
} from '@showpad-webhooks/core';

/**
 * Makes a handler. A workflow has no key that makes it idempotent. The inbox runs the handler once, but if the process ends
 * between the answer and the note that the event is done, the card is posted again.
 *
 * @param url the URL of a workflow "Post to a channel when a webhook request is received". It is a secret.
 */
export function tellTeams(url: string): Handler<EventOf<ShowpadEventMap, 'shared-space-user-added'>> {
  return async ({ data }, { signal }) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(cardOf(`${data.invitee.email} joined ${data.sharedSpace.name}`)),
      signal, // It aborts if the handler takes too long.
    });
    if (response.ok) return; // 202: the workflow runs now, and what it does later is not reported here.
    if (response.status === 429) {
      throw new RetryAfterError('Teams limits our messages.', {
        header: response.headers.get('retry-after'),
      });
    }
    const message = `Teams answered ${response.status}.`;
    throw response.status < 500 ? new PermanentError(message) : new Error(message);
  };
}

/** A message with one Adaptive Card: https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using */
function cardOf(text: string): object {
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    // A run of text shows what it is, and not as Markdown.
    body: [{ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text }] }],
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card }],
  };
}
