import { editEvent, type Plan } from '../delivery/plan.ts';
import type { Random } from '../random.ts';
import type { DeliveryAction, FaultParams } from './actions.ts';

const SIGNATURE_HEADERS: Readonly<Record<string, string>> = {
  signature: 'x-showpad-signature-v1',
  timestamp: 'x-showpad-signature-timestamp',
};
const ANOTHER_KEY = { label: 'another', key: 'not-the-key-of-this-subscription' } as const;
const NOT_ASCII = 'Ünïcødé ☃ 😀 \u202eright to left\u202c \u0000 \ud800';

function action<Params extends FaultParams>(
  kind: string,
  description: string,
  params: Params,
  apply: (plan: Plan, params: Params, random: Random) => void,
): DeliveryAction {
  return { kind, description, params, apply };
}

const edit = (plan: Plan, change: (event: Record<string, unknown>) => unknown): void => {
  plan.body = editEvent(plan.body, change);
};
const skew = (plan: Plan, { seconds }: { seconds: number }): void => {
  plan.skewSeconds += seconds;
};
const headerOf = (name: string): string => SIGNATURE_HEADERS[name] ?? name.toLowerCase();

/** What can go wrong on the way to an endpoint. */
export const DELIVERY_ACTIONS: readonly DeliveryAction[] = [
  action('delay', 'Sent later, by the emulator’s clock.', { ms: 1_000 }, (plan, { ms }) => {
    plan.delayMs += ms;
  }),
  action(
    'delay-lognormal',
    'Sent later by a time that is mostly short and sometimes long.',
    { medianMs: 500, sigma: 1, maxMs: 60_000 },
    (plan, { medianMs, sigma, maxMs }, random) => {
      // Box and Muller's way from two even numbers to a normal one.
      const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      plan.delayMs += Math.min(Math.round(medianMs * Math.exp(sigma * normal)), maxMs);
    },
  ),
  action('slow-body', 'The body comes in small pieces.', { chunkBytes: 16, pauseMs: 20 }, (plan, params) => {
    plan.transport = { kind: 'slow', ...params };
  }),
  action('drop', 'Never sent, and never tried again.', {}, (plan) => {
    plan.isDropped = true;
  }),
  action(
    'duplicate',
    'Sent again with the same id.',
    { copies: 1, afterMs: 0 },
    (plan, { copies, afterMs }) => {
      plan.copies = { count: copies, afterMs };
    },
  ),
  action(
    'reorder',
    'Waits until a later delivery to the endpoint has overtaken it.',
    { atMostMs: 5_000 },
    (plan, { atMostMs }) => {
      plan.heldMs = atMostMs;
    },
  ),
  action('burst', 'Further events of the type happen at once.', { events: 20 }, (plan, { events }) => {
    plan.burst = events;
  }),
  action('truncated-body', 'The body ends too early.', { keptPart: 0.5 }, (plan, { keptPart }) => {
    plan.transport = { kind: 'truncated', keptPart };
  }),
  action(
    'reset',
    'The connection is reset in the middle of the body.',
    { keptPart: 0.5 },
    (plan, { keptPart }) => {
      plan.transport = { kind: 'reset', keptPart };
    },
  ),
  action('abort', 'The connection is closed before the answer is read.', {}, (plan) => {
    plan.transport = { kind: 'abort' };
  }),
  action('wrong-key', 'Signed with the key of another subscription.', {}, (plan) => {
    plan.keys = [ANOTHER_KEY];
  }),
  action('several-signatures', 'Signed with another key too, as in a rotation.', {}, (plan) => {
    plan.keys = [ANOTHER_KEY, ...plan.keys];
  }),
  action('tampered-body', 'Changed after it was signed.', {}, (plan) => {
    plan.tamperedBody = Buffer.concat([plan.body, Buffer.from(' ')]);
  }),
  action(
    'missing-header',
    '"signature", "timestamp", or a header’s name.',
    { header: 'signature' },
    (plan, { header }) => {
      plan.headers[headerOf(header)] = undefined;
    },
  ),
  action(
    'garbage-header',
    '"signature", "timestamp", or a header’s name.',
    { header: 'signature', value: 'garbage' },
    (plan, { header, value }) => {
      plan.headers[headerOf(header)] = value;
    },
  ),
  action('skewed-clock', 'Signed a little in the past: within the tolerance.', { seconds: -120 }, skew),
  action('stale-clock', 'Signed too long ago.', { seconds: -3_600 }, skew),
  action('future-clock', 'Signed too far in the future.', { seconds: 3_600 }, skew),
  action(
    'unknown-type',
    'An event of a type that nobody knows.',
    { type: 'never-seen-before' },
    (plan, { type }) => {
      edit(plan, (event) => ({ ...event, type }));
    },
  ),
  action('extra-fields', 'Fields that no document names, in the envelope and in data.', {}, (plan) => {
    edit(plan, ({ data, ...event }) => ({
      ...event,
      extra: { nested: [1] },
      data: { ...Object(data), extra: true },
    }));
  }),
  action(
    'string-specversion',
    'specversion as text, as the prose says.',
    { value: '1.0' },
    (plan, { value }) => {
      edit(plan, (event) => ({ ...event, specversion: value }));
    },
  ),
  action(
    'invalid-time',
    'A time that is no date.',
    { time: '2022-15-30T06:45:00.250Z' },
    (plan, { time }) => {
      edit(plan, (event) => ({ ...event, time }));
    },
  ),
  action(
    'unicode',
    'Text that breaks careless code: emoji, NUL, a lone surrogate.',
    { text: NOT_ASCII },
    (plan, { text }) => {
      edit(plan, ({ data, ...event }) => ({ ...event, data: { ...Object(data), text } }));
    },
  ),
  action('large-body', 'A very long field.', { bytes: 5_000_000 }, (plan, { bytes }) => {
    edit(plan, ({ data, ...event }) => ({ ...event, data: { ...Object(data), filler: 'x'.repeat(bytes) } }));
  }),
];
