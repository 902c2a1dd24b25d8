import type { EventJson } from '@showpad-webhooks/core/testing';
import * as v from 'valibot';
import type { ClockMode } from '../clock.ts';
import type { ReplayOptions, TriggerOptions } from '../engine.ts';
import { anyObject, checkInput, fields, numberFrom, wholeNumber } from '../input.ts';
import { invalid } from '../problem.ts';

type Input<Output> = v.GenericSchema<unknown, Output>;

/** From 2001 to 2096, in ms, so that a signature's timestamp is a positive number of seconds. */
const clockTime = numberFrom(1e12, 4e12);
const body = v.optional(v.string());

const EVENTS = fields({
  type: v.optional(v.pipe(v.string(), v.nonEmpty())),
  overrides: v.optional(anyObject()),
  body,
  count: v.optional(wholeNumber(1, 10_000)),
  subscriptionId: v.optional(v.string()),
});

export interface EventsInput extends TriggerOptions {
  readonly type: string;
  readonly overrides?: Partial<EventJson> | undefined;
}

/** Reads a request to send events. If it names no type, the type is the one in the body. */
export function readEvents(input: unknown): EventsInput {
  const { type, ...events } = checkInput(EVENTS, input);
  return { ...events, type: type ?? typeOf(events.body) };
}

function typeOf(body = ''): string {
  try {
    const { type } = JSON.parse(body);
    if (typeof type === 'string' && type !== '') return type;
  } catch {
    // A body that is not JSON has no type either.
  }
  throw invalid([{ name: 'type', reason: 'is missing, and the body has no type either.' }]);
}

export const REPLAY: Input<ReplayOptions> = fields({ body, resign: v.optional(v.boolean()) });

export const EXPLAIN: Input<{ readonly body?: string | undefined }> = fields({ body });

export const CLOCK: Input<{ readonly mode?: ClockMode | undefined; readonly now?: number | undefined }> =
  v.pipe(
    fields({
      mode: v.optional(v.picklist(['real', 'manual'])),
      now: v.optional(clockTime),
      offsetMs: v.optional(
        v.pipe(
          v.number(),
          v.transform((offsetMs) => Date.now() + offsetMs),
          clockTime,
        ),
      ),
    }),
    v.transform(({ mode, now, offsetMs: shiftedNow = now }) => ({ mode, now: shiftedNow })),
  );

export const ADVANCE: Input<{ readonly ms: number }> = fields({ ms: numberFrom(0, 1e11) });

/** Null stands for a token that never expires. */
export const LIFETIME: Input<{ readonly expiresInSeconds?: number | null | undefined }> = fields({
  expiresInSeconds: v.optional(v.nullable(numberFrom(1, 1e10))),
});
