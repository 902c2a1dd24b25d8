import { randomBytes } from 'node:crypto';
import { notFound } from './problem.ts';
import { ulid } from './ulid.ts';

export interface Header {
  readonly name: string;
  readonly value: string;
}

export interface SubscriptionInput {
  readonly name: string;
  readonly types: readonly string[];
  /** Where deliveries go. Loopback, unless its host is among `allowTargets`. */
  readonly url: string;
  /** Default `POST`. */
  readonly method?: 'POST' | 'GET';
  /** Sent with every delivery. */
  readonly headers?: readonly Header[];
}

/** A subscription to create, with a key of one’s own where a test wants to know it beforehand. */
export interface NewSubscription extends SubscriptionInput {
  /** Default: a new one. */
  readonly signatureKey?: string | undefined;
}

export interface Subscription extends Required<SubscriptionInput> {
  /** A ULID. */
  readonly id: string;
  /** Unix time in ms. */
  readonly createdAt: number;
  readonly requestCount: number;
  /** Of the last delivery; null before the first, and where none was answered. */
  readonly lastStatus: number | null;
}

export interface CreatedSubscription extends Subscription {
  /** Shown this once. */
  readonly signatureKey: string;
}

/** A subscription with its secret, as it is kept. */
export type StoredSubscription = {
  -readonly [Field in keyof CreatedSubscription]: CreatedSubscription[Field];
};

/** What is shown of a subscription after it was created. */
export function withoutKey({ signatureKey: _, ...subscription }: StoredSubscription): Subscription {
  return subscription;
}

export function newSignatureKey(): string {
  return randomBytes(32).toString('base64url');
}

/** The subscriptions, oldest first. */
export class Subscriptions {
  readonly #byId = new Map<string, StoredSubscription>();

  add(input: NewSubscription, nowMs: number): StoredSubscription {
    const subscription = {
      id: ulid(nowMs),
      name: input.name,
      types: input.types,
      url: input.url,
      method: input.method ?? 'POST',
      headers: input.headers ?? [],
      createdAt: nowMs,
      requestCount: 0,
      lastStatus: null,
      signatureKey: input.signatureKey ?? newSignatureKey(),
    };
    this.#byId.set(subscription.id, subscription);
    return subscription;
  }

  find(id: string): StoredSubscription | undefined {
    return this.#byId.get(id);
  }

  /** @throws EmulatorProblem 404 */
  get(id: string): StoredSubscription {
    const subscription = this.#byId.get(id);
    if (!subscription) throw notFound('subscription with this id');
    return subscription;
  }

  list(): readonly StoredSubscription[] {
    return [...this.#byId.values()];
  }

  delete(id: string): void {
    this.#byId.delete(id);
  }

  replaceAll(subscriptions: readonly StoredSubscription[]): void {
    this.#byId.clear();
    for (const subscription of subscriptions) this.#byId.set(subscription.id, { ...subscription });
  }
}
