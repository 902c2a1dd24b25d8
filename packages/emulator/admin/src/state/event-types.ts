import type { CatalogueEntry } from './resources.ts';
import { useStore } from './store.ts';

const EXAMPLE_ID = '00000000-0000-4000-8000-000000000000';

export interface EventType extends CatalogueEntry {
  /** False for a type that only a webhook has. Then `sample` is an event without data. */
  readonly hasSample: boolean;
}

/** The types of the catalogue, followed by those that only a webhook has. */
export function useEventTypes(): readonly EventType[] {
  const catalogue = useStore('catalogue');
  const subscriptions = useStore('subscriptions');
  const known = new Set(catalogue.map(({ type }) => type));
  const others = new Set(subscriptions.flatMap(({ types }) => types).filter((type) => !known.has(type)));
  return [
    ...catalogue.map((entry) => ({ ...entry, hasSample: true })),
    ...[...others].map((type) => ({
      type,
      isDocumented: false,
      isYours: true,
      isKept: false,
      hasSample: false,
      sample: { type, id: EXAMPLE_ID, data: {} },
    })),
  ];
}

/** Says where the sample of a type comes from. Undefined if Showpad documents it. */
export function aboutSample({ isDocumented, isYours, hasSample }: EventType): string | undefined {
  if (!hasSample) {
    return "There is no sample of this type yet. Under Send event you can paste the Sample Body from Showpad's Admin App, and keep it.";
  }
  if (isYours) return 'This is your own sample.';
  if (isDocumented) return undefined;
  return 'Showpad does not document the payload of this type, so its fields are inferred.';
}
