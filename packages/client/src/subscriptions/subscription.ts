export type SubscriptionMethod = 'POST' | 'GET';

/** A header that Showpad sends with every delivery of a subscription. */
export interface SubscriptionHeader {
  readonly name: string;
  readonly value: string;
}

export interface NewSubscription {
  readonly name: string;
  /** The event types. */
  readonly types: readonly string[];
  /** The endpoint that receives the deliveries. */
  readonly url: string;
  /** Default `POST`. */
  readonly method?: SubscriptionMethod;
  /** Default: none. */
  readonly headers?: readonly SubscriptionHeader[];
}

export type SubscriptionChanges = Partial<NewSubscription>;

/** A subscription in Showpad. Fields that this client does not know stay as Showpad sent them. */
export interface Subscription extends Required<NewSubscription> {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** One delivery attempt. The names of the fields are inferred, and their values stay as Showpad sent them. */
export interface LogEntry {
  readonly id?: string;
  readonly eventId?: string;
  readonly type?: string;
  /** 1 is the first attempt, 4 the last. */
  readonly attempt?: number;
  readonly method?: string | null;
  readonly url?: string | null;
  readonly requestedAt?: string;
  readonly durationMs?: number | null;
  /** The status that the endpoint answered with. */
  readonly statusCode?: number | null;
  /** The headers that the endpoint answered with, if the log has them. */
  readonly responseHeaders?: unknown;
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

/** A new subscription and its key. Neither `inspect` nor JSON shows the key: read it as `signatureKey`. */
export class CreatedSubscription {
  readonly subscription: Subscription;
  readonly #signatureKey: string;

  constructor(subscription: Subscription, signatureKey: string) {
    this.subscription = subscription;
    this.#signatureKey = signatureKey;
  }

  /** The key that signs the deliveries. Showpad shows it only now, so save it before you do anything else. */
  get signatureKey(): string {
    return this.#signatureKey;
  }
}

/** Picks the fields of a subscription that can be written. */
export function writableFields({
  name,
  types,
  url,
  method,
  headers,
}: Subscription): Required<NewSubscription> {
  return { name, types, url, method, headers };
}
