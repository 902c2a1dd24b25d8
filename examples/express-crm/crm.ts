import { PermanentError } from '@showpad-webhooks/express';

export interface CrmOptions {
  /** The URL of the CRM's API, such as `https://crm.example.com`. */
  readonly url: string;
  readonly token: string;
}

/** The two calls to the CRM's API that are needed. Both can be repeated: they update what exists. */
export interface Crm {
  upsertContact(email: string, contact: { sharedSpace: string }, signal: AbortSignal): Promise<void>;
  /** Fields that are left out do not change. */
  upsertDeal(id: string, deal: { name?: string; stage?: string }, signal: AbortSignal): Promise<void>;
}

export function createCrm({ url, token }: CrmOptions): Crm {
  if (!URL.canParse(url))
    throw new TypeError(`"${url}" is not a URL. Set CRM_URL to the URL of the CRM's API.`);

  /** @throws Error if a retry may help, and PermanentError if the CRM does not accept the data. */
  async function put(collection: string, id: string, fields: object, signal: AbortSignal): Promise<void> {
    const response = await fetch(new URL(`/${collection}/${encodeURIComponent(id)}`, url), {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(fields),
      signal,
    });
    await response.body?.cancel(); // A response that is not read keeps its connection busy.
    if (response.ok) return;
    const message = `The CRM answered ${response.status} to PUT /${collection}.`;
    // Any other status may be over when Showpad retries: an outage, a rate limit, a token that is being renewed.
    throw response.status === 400 || response.status === 422
      ? new PermanentError(message)
      : new Error(message);
  }

  return {
    // An address that is written in another way is still the same person.
    upsertContact: (email, contact, signal) => put('contacts', email.trim().toLowerCase(), contact, signal),
    upsertDeal: (id, deal, signal) => put('deals', id, deal, signal),
  };
}
