import { PermanentError } from '@showpad-webhooks/nestjs';

export interface Enrolment {
  readonly campaign: string;
  readonly email: string | undefined;
  /** It is the same for each attempt at a mail, so that the provider sends the mail once. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

/** Starts campaigns at the mail provider. It may be slow, because Showpad does not wait for it. */
export class Campaigns {
  readonly #providerUrl: string;

  constructor(providerUrl: string) {
    if (!URL.canParse(providerUrl)) {
      throw new TypeError(
        `"${providerUrl}" is not a URL. Set MAIL_PROVIDER_URL to the URL of the provider's API.`,
      );
    }
    this.#providerUrl = providerUrl;
  }

  /** @throws Error if a retry may help, and PermanentError if somebody has to look first. */
  async start({ campaign, email, idempotencyKey, signal }: Enrolment): Promise<void> {
    if (!email) throw new PermanentError(`The event names nobody to send "${campaign}" to.`);
    const response = await fetch(new URL('/messages', this.#providerUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({ campaign, email }),
      signal,
    });
    await response.body?.cancel(); // A response that is not read keeps its connection busy.
    if (response.ok) return;
    const message = `The mail provider answered ${response.status} to "${campaign}".`;
    throw response.status === 422 ? new PermanentError(message) : new Error(message);
  }
}
