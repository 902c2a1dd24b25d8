// Adds whoever joins a Shared Space to HubSpot as a contact.
import type { Client } from '@hubspot/api-client';
import {
  type EventOf,
  type Handler,
  PermanentError,
  RetryAfterError,
  type ShowpadEventMap,
} from '@showpad-webhooks/core';

/** What the client throws. It exports no class for it. Without an answer `code` is a text, such as `ECONNRESET`. */
interface ApiException {
  readonly code: number | string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: { readonly policyName?: string };
}

/** HubSpot counts calls over 10 seconds and over a day, and names no time to wait after a 429. */
const LIMIT_WAIT_MS = 10_000;
const DAY_LIMIT_WAIT_MS = 3_600_000;
/** A token can be replaced, a lock ends after two seconds, and somebody else may have created the contact at the same moment. */
const TEMPORARY = [401, 409, 423];

/**
 * Makes a handler. An upsert by email is idempotent: if an event comes twice, or the process ends before the event counts as
 * done, there is one contact.
 *
 * @param hubspot a client without retries of its own (`numberOfApiCallRetries` is 0 by default), because the inbox retries. It
 *   makes at most 9 calls a second by itself.
 */
export function addToHubspot(hubspot: Client): Handler<EventOf<ShowpadEventMap, 'shared-space-user-added'>> {
  return async ({ data }) => {
    const { email } = data.invitee;
    const properties = { email, showpad_shared_space: data.sharedSpace.name }; // The second one is a property of your own.
    try {
      const inputs = [{ id: email, idProperty: 'email', properties }];
      await hubspot.crm.contacts.batchApi.upsert({ inputs });
    } catch (error) {
      throw toHandlerError(error);
    }
  };
}

/** Its messages may quote the contact, so they are not repeated: https://developers.hubspot.com/docs/api-reference/error-handling */
function toHandlerError(error: unknown): unknown {
  const { code, headers = {}, body } = error as Partial<ApiException>;
  if (typeof code !== 'number') return error; // There was no answer.
  if (code === 429) {
    const afterMs = body?.policyName === 'DAILY' ? DAY_LIMIT_WAIT_MS : LIMIT_WAIT_MS;
    return new RetryAfterError('HubSpot limits our calls.', { afterMs });
  }
  const message = `HubSpot answered ${code}.`;
  // The account moves to another data centre.
  if (code === 477) return new RetryAfterError(message, { header: headers['retry-after'] });
  return TEMPORARY.includes(code) || code >= 500 ? new Error(message) : new PermanentError(message);
}
