import { SIGNATURE_HEADER, TIMESTAMP_HEADER } from '@showpad-webhooks/core';
import { editEvent, type Plan } from '../delivery/plan.ts';
import type { Random } from '../random.ts';
import type { DeliveryKinds } from './kinds.ts';

interface DeliveryFault<Params> {
  readonly description: string;
  /** Changes what is about to be sent. */
  readonly apply: (plan: Plan, params: Params, random: Random) => void;
}

const HEADERS: Readonly<Record<string, string>> = {
  signature: SIGNATURE_HEADER,
  timestamp: TIMESTAMP_HEADER,
};
const ANOTHER_KEY = { label: 'another', key: 'not-the-key-of-this-subscription' } as const;

/** What each kind of fault does to a delivery. */
export const DELIVERY_FAULTS: {
  readonly [Kind in keyof DeliveryKinds]: DeliveryFault<DeliveryKinds[Kind]>;
} = {
  delay: {
    description: 'Sends the delivery later, by the emulator’s clock.',
    apply(plan, { ms }) {
      plan.delayMs += ms;
    },
  },
  'delay-lognormal': {
    description: 'Delays the delivery by a random time: mostly short, sometimes long.',
    apply(plan, { medianMs, sigma, maxMs }, random) {
      // The Box-Muller transform makes a normally distributed number from two uniformly distributed ones.
      const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      plan.delayMs += Math.min(Math.round(medianMs * Math.exp(sigma * normal)), maxMs);
    },
  },
  'slow-body': {
    description: 'Sends the body in small pieces, with pauses in between.',
    apply(plan, params) {
      plan.transport = { kind: 'slow', ...params };
    },
  },
  drop: {
    description: 'Never sends the delivery, and never retries it.',
    apply(plan) {
      plan.isDropped = true;
    },
  },
  duplicate: {
    description: 'Sends the event again, with the same id.',
    apply(plan, { copies, afterMs }) {
      plan.copies = { count: copies, afterMs };
    },
  },
  reorder: {
    description: 'Holds the delivery back until a later one to the same endpoint has overtaken it.',
    apply(plan, { atMostMs }) {
      plan.heldMs = atMostMs;
    },
  },
  burst: {
    description: 'Sends more events of the same type at once.',
    apply(plan, { events }) {
      plan.burst = events;
    },
  },
  'truncated-body': {
    description: 'Ends the body too early.',
    apply(plan, { keptPart }) {
      plan.transport = { kind: 'truncated', keptPart };
    },
  },
  reset: {
    description: 'Resets the connection in the middle of the body.',
    apply(plan, { keptPart }) {
      plan.transport = { kind: 'reset', keptPart };
    },
  },
  abort: {
    description: 'Closes the connection before the response is read.',
    apply(plan) {
      plan.transport = { kind: 'abort' };
    },
  },
  'wrong-key': {
    description: 'Signs the delivery with the key of another subscription.',
    apply(plan) {
      plan.keys = [ANOTHER_KEY];
    },
  },
  'several-signatures': {
    description: 'Adds a signature with another key, as during a key rotation.',
    apply(plan) {
      plan.keys = [ANOTHER_KEY, ...plan.keys];
    },
  },
  'tampered-body': {
    description: 'Changes the body after it was signed.',
    apply(plan) {
      plan.tamperedBody = Buffer.concat([plan.body, Buffer.from(' ')]);
    },
  },
  'missing-header': {
    description: 'Leaves out a header: "signature", "timestamp", or any header by its name.',
    apply(plan, { header }) {
      plan.headers[headerOf(header)] = undefined;
    },
  },
  'garbage-header': {
    description: 'Replaces the value of a header: "signature", "timestamp", or any header by its name.',
    apply(plan, { header, value }) {
      plan.headers[headerOf(header)] = value;
    },
  },
  'skewed-clock': {
    description: 'Signs the delivery with a time that is a little wrong, but within the tolerance.',
    apply: skewClock,
  },
  'stale-clock': {
    description: 'Signs the delivery with a time that is too long ago.',
    apply: skewClock,
  },
  'future-clock': {
    description: 'Signs the delivery with a time that is too far in the future.',
    apply: skewClock,
  },
  'unknown-type': {
    description: 'Changes the event’s type to one that nobody knows.',
    apply(plan, { type }) {
      edit(plan, (event) => ({ ...event, type }));
    },
  },
  'extra-fields': {
    description: 'Adds undocumented fields to the envelope and to the data.',
    apply(plan) {
      edit(plan, ({ data, ...event }) => ({
        ...event,
        extra: { nested: [1] },
        data: { ...Object(data), extra: true },
      }));
    },
  },
  'string-specversion': {
    description: 'Sends specversion as text, as Showpad’s documentation describes it.',
    apply(plan, { value }) {
      edit(plan, (event) => ({ ...event, specversion: value }));
    },
  },
  'invalid-time': {
    description: 'Sends a time that is not a date.',
    apply(plan, { time }) {
      edit(plan, (event) => ({ ...event, time }));
    },
  },
  unicode: {
    description: 'Adds text that breaks careless code: emoji, NUL, a lone surrogate.',
    apply(plan, { text }) {
      edit(plan, ({ data, ...event }) => ({ ...event, data: { ...Object(data), text } }));
    },
  },
  'large-body': {
    description: 'Adds a very long field to the data.',
    apply(plan, { bytes }) {
      edit(plan, ({ data, ...event }) => ({
        ...event,
        data: { ...Object(data), filler: 'x'.repeat(bytes) },
      }));
    },
  },
};

function edit(plan: Plan, change: (event: Record<string, unknown>) => unknown): void {
  plan.body = editEvent(plan.body, change);
}

function skewClock(plan: Plan, { seconds }: { readonly seconds: number }): void {
  plan.skewSeconds += seconds;
}

function headerOf(name: string): string {
  return HEADERS[name] ?? name.toLowerCase();
}
