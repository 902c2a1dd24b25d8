import { randomUUID } from 'node:crypto';
import { EVENT_TYPES, type EventJson, sampleEvent } from '@showpad-webhooks/core/testing';

/** One event type of the catalogue. */
export interface CatalogueEntry {
  readonly type: string;
  /** Whether Showpad documents type and payload both; else something of it is inferred. */
  readonly isDocumented: boolean;
  readonly sample: EventJson;
}

export class Catalogue {
  readonly entries: readonly CatalogueEntry[];

  /** @param samples `data` by event type, of types that are not documented publicly. */
  constructor(samples: Readonly<Record<string, unknown>>) {
    const types = [...new Set([...EVENT_TYPES.map(({ type }) => type), ...Object.keys(samples)])];
    this.entries = types.map((type) => ({
      type,
      isDocumented: this.isDocumented(type),
      sample: { ...sampleEvent(type), ...(Object.hasOwn(samples, type) && { data: samples[type] }) },
    }));
  }

  isDocumented(type: string): boolean {
    return EVENT_TYPES.some((each) => each.type === type && each.isDocumented);
  }

  /** The sample of any type, as an event of its own that happens now. */
  event(type: string, overrides: Partial<EventJson>, nowMs: number): EventJson {
    const sample = this.entries.find((entry) => entry.type === type)?.sample ?? sampleEvent(type);
    return { ...sample, id: randomUUID(), time: new Date(nowMs).toISOString(), ...overrides };
  }
}
