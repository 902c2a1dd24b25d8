// Tracks in Segment who joined a Shared Space.
import { Analytics } from '@segment/analytics-node';
import {
  type EventOf,
  type Handler,
  PermanentError,
  RetryAfterError,
  type ShowpadEventMap,
} from '@showpad-webhooks/core';

/** Segment's client says little about a refusal, and waits by itself after a 429. With errors that the inbox knows it does not. */
const fetchOrThrow: typeof fetch = async (...args) => {
  const response = await fetch(...args);
  if (response.ok) return response;
  if (response.status === 429) {
    throw new RetryAfterError('Segment limits our calls.', { header: response.headers.get('retry-after') });
  }
  const message = `Segment answered ${response.status}.`;
  throw response.status < 500 ? new PermanentError(message) : new Error(message);
};

/** A client that sends each event at once and without retries, so that the inbox knows what became of it, and retries. */
export function createSegment(writeKey: string, host?: string): Analytics {
  const settings = { writeKey, flushAt: 1, maxRetries: 0, httpClient: fetchOrThrow };
  return new Analytics(host === undefined ? settings : { ...settings, host });
}

/** Makes a handler. The event's id is the message id, by which Segment drops what it has seen already. */
export function trackInSegment(
  segment: Analytics,
): Handler<EventOf<ShowpadEventMap, 'shared-space-user-added'>> {
  return ({ id, data }) => {
    const track = {
      event: 'Shared Space Joined',
      messageId: id,
      userId: data.invitee.userId,
      properties: { sharedSpaceId: data.sharedSpace.id, sharedSpaceName: data.sharedSpace.name },
    };
    return new Promise<void>((resolve, reject) => {
      segment.track(track, (error) => (error ? reject(error) : resolve()));
    });
  };
}
