import type { CatalogueEntry } from './resources.ts';
import { useStore } from './store.ts';

/** The types of the catalogue, and after them those that only a webhook names. */
export function useEventTypes(): readonly CatalogueEntry[] {
  const catalogue = useStore('catalogue');
  const subscriptions = useStore('subscriptions');
  const known = new Set(catalogue.map(({ type }) => type));
  const others = new Set(subscriptions.flatMap(({ types }) => types).filter((type) => !known.has(type)));
  return [
    ...catalogue,
    ...[...others].map((type) => ({ type, isDocumented: false, sample: { type, data: {} } })),
  ];
}
