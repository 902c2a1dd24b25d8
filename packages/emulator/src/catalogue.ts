import { randomUUID } from 'node:crypto';
import { EVENT_TYPES, type EventJson, readSamples, sampleJson } from '@showpad-webhooks/core/testing';
import type { EmulatorAssumptions } from './assumptions.ts';
import { contentAdded } from './content-added.ts';
import type { Samples } from './samples.ts';

/** One event type of the catalogue. */
export interface CatalogueEntry {
  readonly type: string;
  /** Whether Showpad documents both the type and the payload. If not, something is inferred, unless the sample is yours. */
  readonly isDocumented: boolean;
  /** Whether the sample is yours: from an option, from your catalogue, or added while the emulator runs. */
  readonly isYours: boolean;
  /** Whether the sample was added while the emulator runs, so that it can be removed. */
  readonly isKept: boolean;
  readonly sample: EventJson;
}

export class Catalogue {
  readonly #own: ReadonlyMap<string, EventJson>;
  readonly #kept: Samples;

  /**
   * @param samples the `data` of types that are not documented publicly, by type
   * @param folder a catalogue that `showpad-webhooks events add` made
   * @param kept the samples that were added while the emulator runs
   */
  constructor(samples: Readonly<Record<string, unknown>>, folder: string | undefined, kept: Samples) {
    const own = new Map<string, EventJson>(
      (folder === undefined ? [] : readSamples(folder)).map((sample) => [sample.type, sample]),
    );
    for (const [type, data] of Object.entries(samples)) {
      own.set(type, { ...(own.get(type) ?? sampleOf(type)), data });
    }
    this.#own = own;
    this.#kept = kept;
  }

  /** Every type. The last one is an assumption, unless a sample of yours has the same type. */
  list(assumptions: EmulatorAssumptions): readonly CatalogueEntry[] {
    const kept = new Map(this.#kept.list().map((sample) => [sample.type, sample]));
    const types = [...new Set([...EVENT_TYPES.map(({ type }) => type), ...this.#own.keys(), ...kept.keys()])];
    const entries = types.map((type) => ({
      type,
      isDocumented: this.isDocumented(type),
      isYours: this.#own.has(type) || kept.has(type),
      isKept: kept.has(type),
      sample: kept.get(type) ?? this.#own.get(type) ?? sampleOf(type),
    }));
    const sample = contentAdded(assumptions);
    const { type } = sample;
    if (type === '' || types.includes(type)) return entries;
    return [...entries, { type, isDocumented: false, isYours: false, isKept: false, sample }];
  }

  isDocumented(type: string): boolean {
    return EVENT_TYPES.some((each) => each.type === type && each.isDocumented);
  }

  /** Whether the payload or the type is inferred. */
  isInferred(type: string, assumptions: EmulatorAssumptions): boolean {
    if (this.isDocumented(type)) return false;
    return this.list(assumptions).find((entry) => entry.type === type)?.isYours !== true;
  }

  /** Makes a new event of any type from its sample. Its time is now, or as long ago as is assumed. */
  event(
    type: string,
    overrides: Partial<EventJson>,
    nowMs: number,
    assumptions: EmulatorAssumptions,
  ): EventJson {
    const sample = this.list(assumptions).find((entry) => entry.type === type)?.sample ?? sampleOf(type);
    const time = new Date(nowMs - assumptions.eventAgeMs).toISOString();
    return { ...sample, id: randomUUID(), time, ...overrides };
  }
}

/** An event of a type that core has no sample of is empty. */
function sampleOf(type: string): EventJson {
  if (EVENT_TYPES.some((each) => each.type === type)) return sampleJson(type);
  return { type, specversion: 1, id: randomUUID(), time: new Date().toISOString(), data: {} };
}
