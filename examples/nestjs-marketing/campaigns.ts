import { PermanentError } from '@showpad-webhooks/nestjs';

export interface Enrolment {
  readonly campaign: string;
  readonly email: string | undefined;
  /** The same whenever the same mail is meant: however often it is asked for, it is sent once. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

/** Starts campaigns at the mail provider. It may take its time: nobody waits for it. */
export class Campaigns {
  readonly #providerUrl: string;

  constructor(providerUrl: string) {
    if (!URL.canParse(providerUrl)) {
      throw new TypeError(`"${providerUrl}" is no URL: set MAIL_PROVIDER_URL to that of the provider's API.`);
    }
    this.#providerUrl = providerUrl;
  }

  /** @throws Error where a retry may help; PermanentError where somebody has to look first. */
  async start({ campaign, email, idempotencyKey, signal }: Enrolment): Promise<void> {
    if (!email) throw new PermanentError(`nobody to send "${campaign}" to`);
    const response = await fetch(new URL('/messages', this.#providerUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({ campaign, email }),
      signal,
    });
    await response.body?.cancel(); // An answer left unread holds on to its connection.
    if (response.ok) return;
    const message = `the mail provider answered ${response.status} to "${campaign}"`;
    throw response.status === 422 ? new PermanentError(message) : new Error(message);
  }
}
