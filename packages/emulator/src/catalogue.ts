import { randomUUID } from 'node:crypto';
import { EVENT_TYPES, type EventJson, readSamples, sampleJson } from '@showpad-webhooks/core/testing';
import type { EmulatorAssumptions } from './assumptions.ts';
import { contentAdded } from './content-added.ts';

/** One event type of the catalogue. */
export interface CatalogueEntry {
  readonly type: string;
  /** Whether Showpad documents both the type and the payload. If not, something is inferred. */
  readonly isDocumented: boolean;
  readonly sample: EventJson;
}

export class Catalogue {
  readonly #entries: readonly CatalogueEntry[];

  /**
   * @param samples the `data` of types that are not documented publicly, by type
   * @param folder a catalogue that `showpad-webhooks events add` made
   */
  constructor(samples: Readonly<Record<string, unknown>>, folder: string | undefined) {
    const own = new Map(
      (folder === undefined ? [] : readSamples(folder)).map((sample) => [sample.type, sample]),
    );
    const types = [
      ...new Set([...EVENT_TYPES.map(({ type }) => type), ...own.keys(), ...Object.keys(samples)]),
    ];
    this.#entries = types.map((type) => ({
      type,
      isDocumented: this.isDocumented(type),
      sample: {
        ...(own.get(type) ?? sampleOf(type)),
        ...(Object.hasOwn(samples, type) && { data: samples[type] }),
      },
    }));
  }

  /** Every type. The last one is an assumption, unless a catalogue or a sample has the same type. */
  list(assumptions: EmulatorAssumptions): readonly CatalogueEntry[] {
    const sample = contentAdded(assumptions);
    const { type } = sample;
    if (type === '' || this.#entries.some((entry) => entry.type === type)) return this.#entries;
    return [...this.#entries, { type, isDocumented: false, sample }];
  }

  isDocumented(type: string): boolean {
    return EVENT_TYPES.some((each) => each.type === type && each.isDocumented);
  }

  /** Makes a new event of any type from its sample. Its time is now. */
  event(
    type: string,
    overrides: Partial<EventJson>,
    nowMs: number,
    assumptions: EmulatorAssumptions,
  ): EventJson {
    const sample = this.list(assumptions).find((entry) => entry.type === type)?.sample ?? sampleOf(type);
    return { ...sample, id: randomUUID(), time: new Date(nowMs).toISOString(), ...overrides };
  }
}

/** An event of a type that core has no sample of is empty. */
function sampleOf(type: string): EventJson {
  if (EVENT_TYPES.some((each) => each.type === type)) return sampleJson(type);
  return { type, specversion: 1, id: randomUUID(), time: new Date().toISOString(), data: {} };
}
