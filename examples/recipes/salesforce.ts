// Makes whoever joins a Shared Space a lead in Salesforce.
import {
  type EventOf,
  type Handler,
  PermanentError,
  RetryAfterError,
  type ShowpadEventMap,
} from '@showpad-webhooks/core';
import type { Connection } from 'jsforce';

/** A custom text field of Lead that is an external id and unique. */
const EVENT_ID_FIELD = 'Showpad_Event_Id__c';
/** Salesforce counts calls over 24 hours and names no time, so the next attempt comes after a while. */
const LIMIT_WAIT_MS = 15 * 60_000;
/** A retry may find the record free, the session renewed, or Salesforce awake. */
const TEMPORARY =
  /^(?:UNABLE_TO_LOCK_ROW|INVALID_SESSION_ID|SERVER_UNAVAILABLE|UNKNOWN_EXCEPTION|ERROR_HTTP_(?:429|5\d\d))$/;

/**
 * Makes a handler. The event's id is the external id of the lead, so an upsert is idempotent: if the event comes again, the same
 * lead is written again.
 *
 * @param salesforce a connection that renews its session. jsforce retries no PATCH by itself, so the inbox does.
 */
export function addToSalesforce(
  salesforce: Connection,
): Handler<EventOf<ShowpadEventMap, 'shared-space-user-added'>> {
  return async ({ id, data }) => {
    const { email } = data.invitee;
    const lead = {
      [EVENT_ID_FIELD]: encodeURIComponent(id), // It becomes a part of the URL, and jsforce does not encode it.
      LastName: email,
      Email: email,
      Company: data.sharedSpace.name,
      LeadSource: 'Showpad',
    };
    try {
      await salesforce.sobject('Lead').upsert(lead, EVENT_ID_FIELD);
    } catch (error) {
      throw toHandlerError(error);
    }
  };
}

/** Salesforce's messages may quote the record, so they are not repeated. */
function toHandlerError(error: unknown): unknown {
  const { errorCode } = error as { readonly errorCode?: string };
  if (errorCode === undefined) return error; // There was no answer.
  if (errorCode === 'REQUEST_LIMIT_EXCEEDED') {
    return new RetryAfterError('Salesforce limits our calls.', { afterMs: LIMIT_WAIT_MS });
  }
  const message = `Salesforce answered ${errorCode}.`;
  return TEMPORARY.test(errorCode) ? new Error(message) : new PermanentError(message);
}
