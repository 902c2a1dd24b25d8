import { randomBytes } from 'node:crypto';
import { notFound } from './problem.ts';
import { ulid } from './ulid.ts';

export interface EmulatorHeader {
  readonly name: string;
  readonly value: string;
}

/** A subscription to create. */
export interface NewEmulatorSubscription {
  readonly name: string;
  /** Event types. */
  readonly types: readonly string[];
  /** Where deliveries go: to this machine, unless the host is one of `allowTargets`. */
  readonly url: string;
  /** Default `POST`. */
  readonly method?: 'POST' | 'GET';
  /** Sent with every delivery. Default: none. */
  readonly headers?: readonly EmulatorHeader[];
  /** A key that your test knows beforehand. Default: a new one. */
  readonly signatureKey?: string | undefined;
}

export type EmulatorSubscriptionChanges = Partial<Omit<NewEmulatorSubscription, 'signatureKey'>>;

export interface EmulatorSubscription extends Required<Omit<NewEmulatorSubscription, 'signatureKey'>> {
  /** A ULID. */
  readonly id: string;
  /** Unix time in ms. */
  readonly createdAt: number;
  readonly requestCount: number;
  /** The status of the last response. Null if there was none, or no delivery yet. */
  readonly lastStatus: number | null;
}

export interface CreatedEmulatorSubscription extends EmulatorSubscription {
  /** Shown only once. */
  readonly signatureKey: string;
}

/** A subscription with its secret, as it is stored. */
export type StoredSubscription = {
  -readonly [Field in keyof CreatedEmulatorSubscription]: CreatedEmulatorSubscription[Field];
};

/** What may be shown of a subscription after it was created. */
export function withoutKey({ signatureKey: _, ...subscription }: StoredSubscription): EmulatorSubscription {
  return subscription;
}

export function newSignatureKey(): string {
  return randomBytes(32).toString('base64url');
}

/** The subscriptions, oldest first. */
export class Subscriptions {
  readonly #byId = new Map<string, StoredSubscription>();

  add(input: NewEmulatorSubscription, nowMs: number): StoredSubscription {
    const subscription: StoredSubscription = {
      id: ulid(nowMs),
      method: 'POST',
      headers: [],
      ...input,
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

  /** @throws EmulatorProblem `NOT_FOUND` */
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
