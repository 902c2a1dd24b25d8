import { ShowpadApiError } from '../error.ts';
import { differences, isSameUrl } from './same.ts';
import type { NewSubscription, Subscription, SubscriptionChanges } from './subscription.ts';

/**
 * A subscription that should exist. It is found by its name or, if it has none, by its URL and method. Fields that you
 * leave out may have any value.
 */
export interface WantedSubscription extends Omit<NewSubscription, 'name'> {
  /** If the subscription is created without a name, it gets the host and the path of its URL as its name. */
  readonly name?: string;
}

/** What to do about one subscription. */
export type SyncStep =
  | { readonly action: 'create'; readonly input: NewSubscription }
  | { readonly action: 'update'; readonly subscription: Subscription; readonly changes: SubscriptionChanges }
  /** The subscription is as wanted. */
  | { readonly action: 'keep'; readonly subscription: Subscription }
  /** The subscription is not wanted, and `prune` does not include it. */
  | { readonly action: 'ignore'; readonly subscription: Subscription }
  | { readonly action: 'delete'; readonly subscription: Subscription };

const ORDER: readonly SyncStep['action'][] = ['create', 'update', 'keep', 'ignore', 'delete'];

/**
 * Plans how the existing subscriptions become the wanted ones. The steps are in the order in which to take them: deletes
 * come last, so that no event is missed in between.
 *
 * @throws TypeError for a wanted subscription that is invalid or wanted twice; ShowpadApiError `SEVERAL_MATCH`
 */
export function planSync(
  existing: readonly Subscription[],
  wanted: readonly WantedSubscription[],
  isPruned: (subscription: Subscription) => boolean,
): readonly SyncStep[] {
  const taken = new Set<Subscription>();
  const steps = wanted.map((each, index): SyncStep => {
    const label = `Wanted subscription ${index + 1}`;
    checkWanted(each, label);
    const matches = existing.filter((subscription) => isMeant(subscription, each));
    if (matches.length > 1) throw severalMatch(matches);
    const [subscription] = matches;
    const isTwin = wanted.findIndex((other) => isSameWish(other, each)) < index;
    if (isTwin || (subscription && taken.has(subscription))) {
      throw new TypeError(
        `${label} means the same subscription as an earlier one. Give each of them a name.`,
      );
    }
    if (!subscription) return { action: 'create', input: { ...each, name: each.name ?? defaultName(each) } };
    taken.add(subscription);
    const changes = differences(subscription, each).map((field) => [field, each[field]]);
    if (changes.length === 0) return { action: 'keep', subscription };
    return { action: 'update', subscription, changes: Object.fromEntries(changes) };
  });
  const rest = existing.filter((subscription) => !taken.has(subscription));
  const unwanted = rest.map((subscription): SyncStep => {
    return { action: isPruned(subscription) ? 'delete' : 'ignore', subscription };
  });
  return [...steps, ...unwanted].sort(
    (one, other) => ORDER.indexOf(one.action) - ORDER.indexOf(other.action),
  );
}

function isMeant({ name, url, method }: Subscription, wanted: WantedSubscription): boolean {
  if (wanted.name !== undefined) return name === wanted.name;
  return isSameUrl(url, wanted.url) && method === (wanted.method ?? 'POST');
}

function isSameWish(one: WantedSubscription, other: WantedSubscription): boolean {
  if (one.name !== undefined || other.name !== undefined) return one.name === other.name;
  return isSameUrl(one.url, other.url) && (one.method ?? 'POST') === (other.method ?? 'POST');
}

function checkWanted({ url, types }: WantedSubscription, label: string): void {
  if (!URL.canParse(url)) {
    throw new TypeError(`${label} needs a URL as its url, such as "https://example.com/webhooks".`);
  }
  if (!Array.isArray(types) || types.length === 0) {
    throw new TypeError(`${label} needs a list of at least one event type as its types.`);
  }
}

function defaultName({ url }: WantedSubscription): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}

function severalMatch(subscriptions: readonly Subscription[]): ShowpadApiError {
  const ids = subscriptions.map(({ id }) => id).join(', ');
  return new ShowpadApiError('SEVERAL_MATCH', 'Several subscriptions match one wanted subscription.', {
    hint: `Their ids are ${ids}. Delete all but one, or give the wanted subscription a name that only one of them has.`,
  });
}
