import { isDeepStrictEqual } from 'node:util';
import { anonymise } from './anonymise.ts';
import { type CatalogueEvent, type Origins, readCatalogue, writeEvent } from './catalogue.ts';
import { inferSchema } from './infer.ts';
import type { JsonSchema } from './json-schema.ts';
import { type SeenEvent, sampleEventOf } from './read-events.ts';
import { findChanges, type SchemaChange } from './schema-changes.ts';
import { shortenLists } from './shorten-lists.ts';
import { widen } from './widen.ts';

/** What became of one event type. */
export interface Merged {
  readonly type: string;
  readonly change: 'added' | 'widened' | 'unchanged';
  /** What the schema allows now, so that nothing changes in silence. */
  readonly allowed: readonly SchemaChange[];
}

/** Adds events to a catalogue. A schema only ever allows more than before. */
export async function mergeSeen(
  folder: string,
  seen: readonly SeenEvent[],
  { origin, keepSamples }: { readonly origin: 'sampleBody' | 'observed'; readonly keepSamples: boolean },
): Promise<readonly Merged[]> {
  const merged: Merged[] = [];
  for (const [type, events] of byType(seen)) {
    const found = await inferSchema(events.map(({ data }) => data));
    const origins =
      origin === 'sampleBody' ? { sampleBody: true as const } : { observedDeliveries: events.length };
    const sample = sampleEventOf(type, anonymise(shortenLists(richest(events))));
    merged.push(
      await mergeSchema(folder, { type, schema: found, origins }, (known) =>
        keepSamples ? (known ?? sample) : sample,
      ),
    );
  }
  return merged;
}

export interface NewSchema {
  readonly type: string;
  readonly schema: JsonSchema;
  readonly origins: Origins;
}

/** Adds a schema to a catalogue, or widens the one that is there. */
export async function mergeSchema(
  folder: string,
  { type, schema, origins }: NewSchema,
  sampleFor: (known: CatalogueEvent['sample']) => CatalogueEvent['sample'],
): Promise<Merged> {
  const known = (await readCatalogue(folder)).find((event) => event.type === type);
  const widened = known ? widen(known.schema, schema) : schema;
  const isSame = known && isDeepStrictEqual(widened, known.schema);
  const observed = Math.max(known?.origins.observedDeliveries ?? 0, origins.observedDeliveries ?? 0);
  await writeEvent(folder, {
    type,
    schema: isSame ? known.schema : widened,
    origins: { ...known?.origins, ...origins, ...(observed > 0 && { observedDeliveries: observed }) },
    sample: sampleFor(known?.sample),
  });
  if (!known) return { type, change: 'added', allowed: [] };
  const allowed = findChanges(known.schema, widened);
  return { type, change: isSame ? 'unchanged' : 'widened', allowed };
}

function byType(seen: readonly SeenEvent[]): ReadonlyMap<string, readonly SeenEvent[]> {
  const found = new Map<string, SeenEvent[]>();
  for (const event of seen) {
    const events = found.get(event.type);
    if (events) events.push(event);
    else found.set(event.type, [event]);
  }
  return found;
}

/** Returns the largest data, because it shows most. */
function richest(events: readonly SeenEvent[]): unknown {
  const lengths = events.map(({ data }) => JSON.stringify(data ?? null).length);
  return events[lengths.indexOf(Math.max(...lengths))]?.data;
}
