// Adds whoever joins a Shared Space to HubSpot as a contact.
import type { Client } from '@hubspot/api-client';
import {
  type EventOf,
  type Handler,
  PermanentError,
  RetryAfterError,
  type ShowpadEventMap,
} from '@showpad-webhooks/core';

/** What the client throws. It exports no class for it. */
interface ApiException {
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Makes a handler. An upsert by email is idempotent: if an event comes twice, or the process ends before the event counts as
 * done, there is one contact.
 *
 * @param hubspot a client without retries of its own (`numberOfApiCallRetries` is 0 by default), because the inbox retries.
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

/** HubSpot's status says whether a retry can help. Its messages may quote the contact, so they are not repeated. */
function toHandlerError(error: unknown): unknown {
  const { code, headers = {} } = error as Partial<ApiException>;
  if (code === undefined) return error; // There was no answer.
  if (code === 429) {
    return new RetryAfterError('HubSpot limits our calls.', { header: headers['retry-after'] });
  }
  if (code === 401 || code >= 500) return new Error(`HubSpot answered ${code}.`); // A token can be replaced.
  return new PermanentError(`HubSpot answered ${code}.`);
}
