import type { NewSubscription, Subscription, SubscriptionHeader } from './subscription.ts';

/** Which of the wanted fields a subscription has otherwise. What is not said of it may be anything. */
export function differences(
  subscription: Subscription,
  { name, url, types, method, headers }: Partial<NewSubscription>,
): readonly (keyof NewSubscription)[] {
  const isOther = {
    name: name !== undefined && name !== subscription.name,
    url: url !== undefined && !sameUrl(url, subscription.url),
    types: types !== undefined && !sameSet(types, subscription.types),
    method: method !== undefined && method !== subscription.method,
    headers: headers !== undefined && !sameSet(headers.map(toText), subscription.headers.map(toText)),
  };
  return (Object.keys(isOther) as (keyof NewSubscription)[]).filter((field) => isOther[field]);
}

/** Whether a create could have made it. Headers don't tell: their values may be secrets, and not be shown. */
export function isMadeBy(
  subscription: Subscription,
  { name, url, types, method = 'POST' }: NewSubscription,
): boolean {
  return differences(subscription, { name, url, types, method }).length === 0;
}

/** As URLs, since `https://example.com` and `https://example.com/` are one. */
export function sameUrl(one: string, other: string): boolean {
  return normalise(one) === normalise(other);
}

function normalise(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url;
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  const [first, second] = [new Set(one), new Set(other)];
  return first.size === second.size && [...first].every((entry) => second.has(entry));
}

/** A header's name is in any case. */
function toText({ name, value }: SubscriptionHeader): string {
  return `${name.toLowerCase()}: ${value}`;
}
