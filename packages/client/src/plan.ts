import { clientError, type ShowpadApiError } from './error.ts';
import { differences, sameUrl } from './same.ts';
import type { NewSubscription, Subscription, SubscriptionChanges } from './subscription.ts';

/**
 * A subscription that there should be. It is known by its name, or without one by its URL and method; fields that
 * are left out may be anything.
 */
export interface WantedSubscription extends Omit<NewSubscription, 'name'> {
  /** Where it is created without one: the URL's host and path. */
  readonly name?: string;
}

/** What to do about one subscription. */
export type SyncStep =
  | { readonly action: 'create'; readonly input: NewSubscription }
  | { readonly action: 'update'; readonly subscription: Subscription; readonly changes: SubscriptionChanges }
  /** It is as wanted. */
  | { readonly action: 'keep'; readonly subscription: Subscription }
  /** It is not wanted, and not to be pruned. */
  | { readonly action: 'ignore'; readonly subscription: Subscription }
  | { readonly action: 'delete'; readonly subscription: Subscription };

const ORDER: readonly SyncStep['action'][] = ['create', 'update', 'keep', 'ignore', 'delete'];

/**
 * What makes the existing subscriptions the wanted ones, in the order to do it: what deletes comes last, so that no
 * event falls between two.
 *
 * @throws TypeError for what is wanted badly or twice; ShowpadApiError `SEVERAL_MATCH`
 */
export function planSync(
  existing: readonly Subscription[],
  desired: readonly WantedSubscription[],
  isPruned: (subscription: Subscription) => boolean,
): readonly SyncStep[] {
  const taken = new Set<Subscription>();
  const steps = desired.map((wanted, index): SyncStep => {
    const where = `wanted subscription ${index + 1}`;
    checkWanted(wanted, where);
    const matches = existing.filter((each) => isMeant(each, wanted));
    if (matches.length > 1) throw severalMatch(matches);
    const [subscription] = matches;
    const isTwin = desired.findIndex((other) => isSameWish(other, wanted)) < index;
    if (isTwin || (subscription && taken.has(subscription))) {
      throw new TypeError(`${where} means the same as one before it: give each a name.`);
    }
    if (!subscription)
      return { action: 'create', input: { ...wanted, name: wanted.name ?? defaultName(wanted) } };
    taken.add(subscription);
    const changed = differences(subscription, wanted).map((field) => [field, wanted[field]]);
    if (changed.length === 0) return { action: 'keep', subscription };
    return { action: 'update', subscription, changes: Object.fromEntries(changed) };
  });
  const rest = existing.filter((each) => !taken.has(each));
  const unwanted = rest.map((subscription): SyncStep => {
    return { action: isPruned(subscription) ? 'delete' : 'ignore', subscription };
  });
  return [...steps, ...unwanted].sort(
    (one, other) => ORDER.indexOf(one.action) - ORDER.indexOf(other.action),
  );
}

function isMeant({ name, url, method }: Subscription, wanted: WantedSubscription): boolean {
  if (wanted.name !== undefined) return name === wanted.name;
  return sameUrl(url, wanted.url) && method === (wanted.method ?? 'POST');
}

function isSameWish(one: WantedSubscription, other: WantedSubscription): boolean {
  if (one.name !== undefined || other.name !== undefined) return one.name === other.name;
  return sameUrl(one.url, other.url) && (one.method ?? 'POST') === (other.method ?? 'POST');
}

function checkWanted({ url, types }: WantedSubscription, where: string): void {
  if (!URL.canParse(url))
    throw new TypeError(`${where}: url must be a URL, such as "https://example.com/webhooks".`);
  if (!Array.isArray(types) || types.length === 0) {
    throw new TypeError(`${where}: types must be a list of at least one event type.`);
  }
}

function defaultName({ url }: WantedSubscription): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}

function severalMatch(subscriptions: readonly Subscription[]): ShowpadApiError {
  const ids = subscriptions.map(({ id }) => id).join(', ');
  const detail = `They are ${ids}. Delete all but one, or say which by a name of its own.`;
  return clientError('SEVERAL_MATCH', 'Several subscriptions are like a wanted one', detail);
}
