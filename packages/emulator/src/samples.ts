import type { EventJson } from '@showpad-webhooks/core/testing';
import * as v from 'valibot';
import { checkInput, shortText } from './input.ts';
import { notFound } from './problem.ts';

/** An event of your own, as Showpad's "Sample body" shows it. Only its `type` is required. */
export interface EmulatorSample extends Partial<EventJson> {
  readonly type: string;
}

/** Everything but the type is sent as it is, so it is not checked. */
export const SAMPLE: v.GenericSchema<unknown, EmulatorSample> = v.looseObject(
  { type: shortText() },
  ({ path }) => (path ? 'is missing.' : 'must be an event: a JSON object with a type.'),
);

const EXAMPLE = {
  specversion: 1,
  id: '00000000-0000-4000-8000-000000000000',
  time: '2026-01-05T08:30:00.000Z',
  data: {},
};

/** The samples that were added to a running emulator. They are a part of its state. */
export class Samples {
  readonly #byType = new Map<string, EventJson>();
  readonly #changed: (type: string) => void;

  constructor(changed: (type: string) => void) {
    this.#changed = changed;
  }

  /** Replaces the sample of the same type. @throws EmulatorProblem `INPUT_INVALID` */
  add(input: unknown): EventJson {
    const sample = withDefaults(checkInput(SAMPLE, input));
    this.#byType.set(sample.type, sample);
    this.#changed(sample.type);
    return sample;
  }

  list(): readonly EventJson[] {
    return [...this.#byType.values()];
  }

  /** @throws EmulatorProblem `NOT_FOUND` */
  remove(type: string): void {
    if (!this.#byType.delete(type)) throw notFound('kept sample of this type');
    this.#changed(type);
  }

  replaceAll(samples: readonly EmulatorSample[]): void {
    this.#byType.clear();
    for (const sample of samples) this.#byType.set(sample.type, withDefaults(sample));
  }
}

/** The type is the first field, as in Showpad's own samples. */
function withDefaults({ type, ...others }: EmulatorSample): EventJson {
  return { type, ...EXAMPLE, ...others };
}
