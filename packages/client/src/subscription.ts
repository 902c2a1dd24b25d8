export type SubscriptionMethod = 'POST' | 'GET';

/** Sent with every delivery of a subscription. */
export interface SubscriptionHeader {
  readonly name: string;
  readonly value: string;
}

export interface NewSubscription {
  readonly name: string;
  /** Event types. */
  readonly types: readonly string[];
  /** The endpoint that deliveries go to. */
  readonly url: string;
  /** Default `POST`. */
  readonly method?: SubscriptionMethod;
  /** Default: none. */
  readonly headers?: readonly SubscriptionHeader[];
}

export type SubscriptionChanges = Partial<NewSubscription>;

/** A subscription as Showpad has it. Fields that this client does not know are kept as they came. */
export interface Subscription extends Required<NewSubscription> {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** One delivery attempt. All of its fields are inferred, and kept as they came. */
export interface LogEntry {
  readonly id?: string;
  readonly eventId?: string;
  readonly type?: string;
  /** 1 is the first, 4 the last. */
  readonly attempt?: number;
  readonly method?: string | null;
  readonly url?: string | null;
  readonly requestedAt?: string;
  readonly durationMs?: number | null;
  /** What the endpoint answered. */
  readonly statusCode?: number | null;
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

/** A new subscription and its key. The key shows in neither `inspect` nor JSON: read it by its name. */
export class CreatedSubscription {
  readonly subscription: Subscription;
  readonly #signatureKey: string;

  constructor(subscription: Subscription, signatureKey: string) {
    this.subscription = subscription;
    this.#signatureKey = signatureKey;
  }

  /** What its deliveries are signed with. Showpad shows it this once: save it before anything else. */
  get signatureKey(): string {
    return this.#signatureKey;
  }
}

/** What of a subscription can be written. */
export function writableFields({
  name,
  types,
  url,
  method,
  headers,
}: Subscription): Required<NewSubscription> {
  return { name, types, url, method, headers };
}
