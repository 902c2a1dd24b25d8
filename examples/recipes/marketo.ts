// Makes whoever joins a Shared Space a lead in Marketo. Adobe has no client for Node, so this uses fetch.
import {
  type EventOf,
  type Handler,
  PermanentError,
  RetryAfterError,
  type ShowpadEventMap,
} from '@showpad-webhooks/core';

export interface MarketoOptions {
  /** The REST endpoint of your instance, without `/rest`, such as `https://123-ABC-456.mktorest.com`. */
  readonly baseUrl: string;
  /** Gets an access token. Keep it for as long as `expires_in` says: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/authentication */
  readonly getToken: () => Promise<string>;
}

interface Answer {
  readonly success: boolean;
  readonly errors?: readonly { readonly code: string }[];
  readonly result?: readonly { readonly reasons?: readonly { readonly code: string }[] }[];
}

/** What a retry can fix, from https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes */
const TEMPORARY = ['502', '601', '602', '604', '608', '611', '713', '1029'];
/** Too many calls in 20 seconds, or at once. Marketo names no time to wait. */
const LIMITED = ['606', '615'];
const LIMIT_WAIT_MS = 20_000;
/** The calls of a day are used up. */
const DAY_LIMIT = '607';

/** Makes a handler. `createOrUpdate` by email is idempotent: if an event comes twice, there is one lead. */
export function addToMarketo({
  baseUrl,
  getToken,
}: MarketoOptions): Handler<EventOf<ShowpadEventMap, 'shared-space-user-added'>> {
  return async ({ data }, { signal }) => {
    const response = await fetch(`${baseUrl}/rest/v1/leads.json`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await getToken()}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        action: 'createOrUpdate',
        lookupField: 'email',
        input: [{ email: data.invitee.email, leadSource: 'Showpad' }],
      }),
      signal, // It aborts if the handler takes too long.
    });
    if (!response.ok) throw new Error(`Marketo answered ${response.status}.`);
    // Marketo answers 200 although it failed, so the body says what happened. Its messages may quote the lead.
    const { success, errors = [], result = [] } = (await response.json()) as Answer;
    const [problem] = [...errors, ...result.flatMap(({ reasons = [] }) => reasons)];
    if (success && !problem) return;
    const code = problem?.code ?? 'no code';
    if (LIMITED.includes(code))
      throw new RetryAfterError('Marketo limits our calls.', { afterMs: LIMIT_WAIT_MS });
    if (code === DAY_LIMIT)
      throw new RetryAfterError('The calls of today are used up.', { afterMs: 3_600_000 });
    if (TEMPORARY.includes(code)) throw new Error(`Marketo answered ${code}.`);
    throw new PermanentError(`Marketo answered ${code}.`);
  };
}
