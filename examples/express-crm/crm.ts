import { PermanentError } from '@showpad-webhooks/express';

export interface CrmOptions {
  /** Where the CRM's API is, such as `https://crm.example.com`. */
  readonly url: string;
  readonly token: string;
}

/** The two calls of the CRM's API that are needed. Both may be repeated: what is there already is brought up to date. */
export interface Crm {
  upsertContact(email: string, contact: { sharedSpace: string }, signal: AbortSignal): Promise<void>;
  /** Fields that are left out stay as they are. */
  upsertDeal(id: string, deal: { name?: string; stage?: string }, signal: AbortSignal): Promise<void>;
}

export function createCrm({ url, token }: CrmOptions): Crm {
  if (!URL.canParse(url)) throw new TypeError(`"${url}" is no URL: set CRM_URL to that of the CRM's API.`);

  /** @throws Error where a retry may help; PermanentError where the CRM refuses the data itself. */
  async function put(collection: string, id: string, fields: object, signal: AbortSignal): Promise<void> {
    const response = await fetch(new URL(`/${collection}/${encodeURIComponent(id)}`, url), {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(fields),
      signal,
    });
    await response.body?.cancel(); // An answer left unread holds on to its connection.
    if (response.ok) return;
    const message = `the CRM answered ${response.status} to PUT /${collection}`;
    // Any other may pass while Showpad tries again: an outage, a rate limit, a token that is being renewed.
    throw response.status === 400 || response.status === 422
      ? new PermanentError(message)
      : new Error(message);
  }

  return {
    // One person, however the address is written.
    upsertContact: (email, contact, signal) => put('contacts', email.trim().toLowerCase(), contact, signal),
    upsertDeal: (id, deal, signal) => put('deals', id, deal, signal),
  };
}
