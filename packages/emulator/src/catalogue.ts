import { randomUUID } from 'node:crypto';
import { EVENT_TYPES, type EventJson, sampleJson } from '@showpad-webhooks/core/testing';

/** One event type of the catalogue. */
export interface CatalogueEntry {
  readonly type: string;
  /** Whether Showpad documents both the type and the payload. If not, something is inferred. */
  readonly isDocumented: boolean;
  readonly sample: EventJson;
}

export class Catalogue {
  readonly entries: readonly CatalogueEntry[];

  /** @param samples the `data` of types that are not documented publicly, by type */
  constructor(samples: Readonly<Record<string, unknown>>) {
    const types = [...new Set([...EVENT_TYPES.map(({ type }) => type), ...Object.keys(samples)])];
    this.entries = types.map((type) => ({
      type,
      isDocumented: this.isDocumented(type),
      sample: { ...sampleOf(type), ...(Object.hasOwn(samples, type) && { data: samples[type] }) },
    }));
  }

  isDocumented(type: string): boolean {
    return EVENT_TYPES.some((each) => each.type === type && each.isDocumented);
  }

  /** Makes a new event of any type from its sample. Its time is now. */
  event(type: string, overrides: Partial<EventJson>, nowMs: number): EventJson {
    const sample = this.entries.find((entry) => entry.type === type)?.sample ?? sampleOf(type);
    return { ...sample, id: randomUUID(), time: new Date(nowMs).toISOString(), ...overrides };
  }
}

/** An event of a type that core has no sample of is empty. */
function sampleOf(type: string): EventJson {
  if (EVENT_TYPES.some((each) => each.type === type)) return sampleJson(type);
  return { type, specversion: 1, id: randomUUID(), time: new Date().toISOString(), data: {} };
}
