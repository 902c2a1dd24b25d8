import { createReceiver, type HandlerContext } from '@showpad-webhooks/core';
import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/core/testing';
import { createTelemetry } from '@showpad-webhooks/otel';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { KEY, TYPE } from './app.ts';
import { forgetSpans, spans, theSpan } from './sdk.ts';

beforeEach(forgetSpans);

const HEADER = 'x-showpad-webhooks-traceparent';
const SENDERS_OWN = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

class Getter {
  readonly #headers: Headers;

  constructor(headers: Record<string, string>) {
    this.#headers = new Headers(headers);
  }

  get(name: string): string | null {
    return this.#headers.get(name);
  }
}

/** Headers in every form that a receiver takes. The sender tries to be linked to a span that is not its own. */
const forms: readonly (readonly [
  string,
  (headers: Record<string, string>) => Headers | Getter | Record<string, string>,
])[] = [
  ['a plain object', (headers) => headers],
  ['fetch Headers', (headers) => new Headers(headers)],
  ['anything with get', (headers) => new Getter(headers)],
];

test.each(forms)('%s takes the delivery’s span through an inbox', async (form, toHeaders) => {
  const inbox = createMemoryInbox({ pollMs: 5 });
  const receiver = createReceiver({ keys: KEY, inbox, telemetry: createTelemetry() });
  const seen = new Promise<HandlerContext>((resolve) =>
    receiver.onAny((_event, context) => resolve(context)),
  );
  onTestFinished(() => receiver.close());
  await receiver.start();
  const { method, headers, body } = signedDelivery(TYPE, { key: KEY, headers: { [HEADER]: SENDERS_OWN } });
  const request = { method, headers: toHeaders(headers), body, url: '/showpad' };
  expect((await receiver.receive(request)).outcome).toBe('queued');
  const delivery = await theSpan('receive');
  const [link] = (await theSpan('handle')).links;
  expect(link?.context.spanId).toBe(delivery.spanContext().spanId);
  const context = await seen;
  expect(context.url).toBe('/showpad');
  // Headers that have only `get` cannot be listed, with or without telemetry.
  const kept = form === 'anything with get' ? {} : headers;
  const { traceId, spanId } = delivery.spanContext();
  expect({ ...context.headers }).toEqual({ ...kept, [HEADER]: `00-${traceId}-${spanId}-01` });
});

test('a body that is read late is measured, and one that cannot be read is not', async () => {
  const receiver = createReceiver({ keys: KEY, telemetry: createTelemetry() }).onError(() => {});
  const { method, headers, body } = signedDelivery(TYPE, { key: KEY });
  const broken = () => Promise.reject(new Error('the stream broke'));
  expect((await receiver.receive({ method, headers, body: async () => body })).outcome).toBe('ignored');
  expect((await receiver.receive({ method, headers, body: broken })).error?.code).toBe(
    'RAW_BODY_UNAVAILABLE',
  );
  const sizes = spans('receive').map(({ attributes }) => attributes['messaging.message.body.size']);
  expect(sizes).toEqual([body.byteLength, undefined]);
});

test('the time at which a request arrived is passed on', async () => {
  const receiver = createReceiver({ keys: KEY, telemetry: createTelemetry() });
  const timestampSeconds = 1_700_000_000;
  const delivery = signedDelivery(TYPE, { key: KEY, timestampSeconds });
  const request = { ...delivery, receivedAtMs: timestampSeconds * 1_000 };
  expect((await receiver.receive(request)).outcome).toBe('ignored');
});

test('something that is no request is answered as without telemetry', async () => {
  for (const request of [undefined, {}, { method: 'POST', headers: {} }, { method: 'POST', headers: null }]) {
    const answers = [];
    for (const telemetry of [undefined, createTelemetry()]) {
      const receiver = createReceiver({ keys: KEY, ...(telemetry && { telemetry }) }).onError(() => {});
      receiver.onRejected(() => {});
      const { outcome, error } = await receiver.receive(request as never);
      answers.push([outcome, error?.code]);
    }
    expect(answers[1]).toEqual(answers[0]);
  }
});

test('a retry is linked as long as its first delivery is among the latest 1,000 events', async () => {
  const receiver = createReceiver({ keys: KEY, telemetry: createTelemetry() });
  const deliver = (id: string) => receiver.receive(signedDelivery(TYPE, { key: KEY, id }));
  const isLinked = () => spans('receive').at(-1)?.links.length === 1;
  for (let count = 0; count < 1_000; count++) await deliver(`event-${count}`);
  await deliver('event-0');
  expect(isLinked()).toBe(true);
  await deliver('event-1000'); // It takes the place of event-1, which was used least recently.
  await deliver('event-0');
  expect(isLinked()).toBe(true);
  await deliver('event-1');
  expect(isLinked()).toBe(false);
});

test('an id of any length is traced, and one too long to remember is not linked', async () => {
  const receiver = createReceiver({ keys: KEY, telemetry: createTelemetry() });
  for (let times = 0; times < 2; times++) {
    await receiver.receive(signedDelivery(TYPE, { key: KEY, id: 'i'.repeat(100_000) }));
  }
  expect(spans('receive').map(({ links }) => links)).toEqual([[], []]);
});
