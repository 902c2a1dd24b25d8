import type { CatalogueEntry } from './resources.ts';
import { useStore } from './store.ts';

const EXAMPLE_ID = '00000000-0000-4000-8000-000000000000';

/** The types of the catalogue, followed by those that only a webhook has. */
export function useEventTypes(): readonly CatalogueEntry[] {
  const catalogue = useStore('catalogue');
  const subscriptions = useStore('subscriptions');
  const known = new Set(catalogue.map(({ type }) => type));
  const others = new Set(subscriptions.flatMap(({ types }) => types).filter((type) => !known.has(type)));
  return [
    ...catalogue,
    ...[...others].map((type) => ({
      type,
      isDocumented: false,
      isYours: true,
      isKept: false,
      sample: { type, id: EXAMPLE_ID, data: {} },
    })),
  ];
}
