import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { listen, TYPE } from './app.ts';
import { forgetSpans, idOf, placeOf, spans, theSpan } from './sdk.ts';

beforeEach(forgetSpans);

describe('a handler', () => {
  test('is a span below that of its delivery', async () => {
    const { deliver } = await listen({ on: { [TYPE]: function syncDeal() {} } });
    await deliver(TYPE, 'event-1');
    const delivery = await theSpan('receive');
    const span = await theSpan('handle');
    expect(span.name).toBe('handle syncDeal');
    expect(span.kind).toBe(SpanKind.INTERNAL);
    expect(span.attributes).toEqual({
      'messaging.message.id': 'event-1',
      'showpad.webhook.event.type': TYPE,
      'showpad.webhook.handler': 'syncDeal',
      'showpad.webhook.attempt': 1,
    });
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(placeOf(span)).toEqual({
      traceId: delivery.spanContext().traceId,
      parentId: idOf(delivery.spanContext()),
      links: [],
    });
  });

  test('is active while it runs, for spans and for what instruments its calls', async () => {
    const asked: (string | undefined)[] = [];
    const crm = createServer((req, res) => {
      asked.push(req.headers.traceparent as string | undefined);
      res.end();
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void crm.close());
    await once(crm, 'listening');
    const { deliver } = await listen({
      on: {
        [TYPE]: async function syncDeal() {
          const headers = {};
          propagation.inject(context.active(), headers);
          await fetch(`http://127.0.0.1:${(crm.address() as AddressInfo).port}/`, { headers });
          trace.getTracer('app').startActiveSpan('update deal', (span: Span) => span.end());
        },
      },
    });
    await deliver();
    const { traceId, spanId } = (await theSpan('handle syncDeal')).spanContext();
    expect(placeOf(await theSpan('update deal'))).toMatchObject({ traceId, parentId: spanId });
    expect(asked).toEqual([`00-${traceId}-${spanId}-01`]);
  });

  test('that fails is an error, and the others are not', async () => {
    const { receiver, deliver } = await listen({});
    receiver.on(TYPE, () => {}, { name: 'first' });
    receiver.on(
      TYPE,
      () => {
        throw new RangeError('the CRM is down');
      },
      { name: 'second' },
    );
    receiver.on(TYPE, () => {}, { name: 'third' });
    await deliver();
    const states = spans('handle').map(({ name, status, attributes }) => [
      name,
      status.code,
      attributes['error.type'],
      attributes['exception.type'],
    ]);
    expect(states).toEqual([
      ['handle first', SpanStatusCode.UNSET, undefined, undefined],
      ['handle second', SpanStatusCode.ERROR, 'HANDLER_FAILED', 'RangeError'],
      ['handle third', SpanStatusCode.UNSET, undefined, undefined],
    ]);
    await deliver();
    expect(spans('handle second')).toHaveLength(2);
  });

  test.each([
    ['null', null],
    ['text', 'down'],
    [
      'what throws when it is looked at',
      new Proxy(Error('x'), {
        getPrototypeOf() {
          throw new Error('hands off');
        },
      }),
    ],
  ])('that throws %s is an error without a class', async (_what, thrown) => {
    const { deliver } = await listen({ on: { [TYPE]: () => Promise.reject(thrown) } });
    expect((await deliver()).status).toBe(500);
    const { attributes, status } = await theSpan('handle');
    expect(attributes).toMatchObject({ 'error.type': 'HANDLER_FAILED' });
    expect(attributes).not.toHaveProperty(['exception.type']);
    expect(status.code).toBe(SpanStatusCode.ERROR);
  });

  test('can add to its own span', async () => {
    const { deliver } = await listen({
      on: { [TYPE]: () => void trace.getActiveSpan()?.setAttribute('crm.deal', 'D-1') },
    });
    await deliver();
    expect((await theSpan('handle')).attributes).toMatchObject({ 'crm.deal': 'D-1' });
  });
});
