import type { NewSubscription, Subscription, SubscriptionHeader } from './subscription.ts';

/** Names the wanted fields that differ from the subscription. A field that is not wanted may have any value. */
export function differences(
  subscription: Subscription,
  { name, url, types, method, headers }: Partial<NewSubscription>,
): readonly (keyof NewSubscription)[] {
  const isDifferent = {
    name: name !== undefined && name !== subscription.name,
    url: url !== undefined && !isSameUrl(url, subscription.url),
    types: types !== undefined && !isSameSet(types, subscription.types),
    method: method !== undefined && method !== subscription.method,
    headers: headers !== undefined && !isSameSet(headers.map(toText), subscription.headers.map(toText)),
  };
  return (Object.keys(isDifferent) as (keyof NewSubscription)[]).filter((field) => isDifferent[field]);
}

/**
 * Whether a create with this input could have made the subscription. Headers do not count: their values may be secrets
 * that Showpad does not return.
 */
export function isMadeBy(
  subscription: Subscription,
  { name, url, types, method = 'POST' }: NewSubscription,
): boolean {
  return differences(subscription, { name, url, types, method }).length === 0;
}

/** Compares them as URLs, because `https://example.com` and `https://example.com/` are the same. */
export function isSameUrl(one: string, other: string): boolean {
  return normalise(one) === normalise(other);
}

function normalise(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url;
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  const [first, second] = [new Set(one), new Set(other)];
  return first.size === second.size && [...first].every((entry) => second.has(entry));
}

/** The case of a header's name does not matter. */
function toText({ name, value }: SubscriptionHeader): string {
  return `${name.toLowerCase()}: ${value}`;
}
