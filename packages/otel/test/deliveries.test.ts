import { EventEmitter, once } from 'node:events';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { PermanentError } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { KEY, listen, TYPE } from './app.ts';
import { forgetSpans, idOf, placeOf, spans, theSpan } from './sdk.ts';

beforeEach(forgetSpans);

describe('a delivery', () => {
  test('is a span below that of the HTTP server, with its result', async () => {
    const { deliver } = await listen({ on: { [TYPE]: () => {} } });
    const delivery = signedDelivery(TYPE, { key: KEY, id: 'event-1' });
    expect((await deliver(TYPE, 'event-1')).status).toBe(200);
    const span = await theSpan('receive');
    expect(span.name).toBe('receive default');
    expect(span.kind).toBe(SpanKind.CONSUMER);
    expect(span.attributes).toEqual({
      'messaging.system': 'showpad',
      'messaging.operation.name': 'receive',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'default',
      'messaging.message.id': 'event-1',
      'messaging.message.body.size': delivery.body.byteLength,
      'http.response.status_code': 200,
      'showpad.webhook.outcome': 'handled',
      'showpad.webhook.event.type': TYPE,
      'showpad.webhook.key_label': 'first key',
      'showpad.webhook.attempt': 1,
    });
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    const server = await theSpan('POST');
    expect(server.kind).toBe(SpanKind.SERVER);
    expect(placeOf(span)).toEqual({
      traceId: server.spanContext().traceId,
      parentId: idOf(server.spanContext()),
      links: [],
    });
  });

  test('that is forged is rejected, and is no error of this app', async () => {
    const { send } = await listen({ on: { [TYPE]: () => {} } });
    const forged = signedDelivery(TYPE, { key: 'another-key' });
    expect((await send(forged)).status).toBe(401);
    const { attributes, status } = await theSpan('receive');
    expect(attributes).toMatchObject({
      'http.response.status_code': 401,
      'error.type': 'SIGNATURE_MISMATCH',
      'showpad.webhook.outcome': 'rejected',
    });
    expect(attributes).not.toHaveProperty(['messaging.message.id']);
    expect(status.code).toBe(SpanStatusCode.UNSET);
    expect(spans('handle')).toEqual([]);
  });

  test('that fails is an error, and its retry is linked to it', async () => {
    let runs = 0;
    const flaky = () => {
      runs++;
      if (runs === 1) throw new RangeError('the CRM is down');
    };
    const { deliver } = await listen({ on: { [TYPE]: flaky } });
    expect((await deliver(TYPE, 'flaky')).status).toBe(500);
    const failed = await theSpan('receive');
    expect(failed.attributes).toMatchObject({
      'error.type': 'HANDLER_FAILED',
      'showpad.webhook.outcome': 'failed',
      'showpad.webhook.attempt': 1,
    });
    expect(failed.status).toEqual({
      code: SpanStatusCode.ERROR,
      message: `The handler "flaky" for "${TYPE}" threw an error.`,
    });

    expect((await deliver(TYPE, 'flaky')).status).toBe(200);
    const [, retried] = spans('receive');
    expect(retried?.attributes).toMatchObject({
      'showpad.webhook.outcome': 'handled',
      'showpad.webhook.attempt': 2,
    });
    expect(retried?.links.map(({ context }) => context)).toEqual([failed.spanContext()]);
    expect(retried?.spanContext().traceId).not.toBe(failed.spanContext().traceId);
  });

  test('that comes again is a duplicate, linked to the first', async () => {
    const { deliver } = await listen({ on: { [TYPE]: () => {} } });
    await deliver(TYPE, 'twice');
    await deliver(TYPE, 'twice');
    const [first, second] = spans('receive');
    expect(second?.attributes).toMatchObject({ 'showpad.webhook.outcome': 'duplicate' });
    expect(second?.links.map(({ context }) => context)).toEqual([first?.spanContext()]);
    expect(spans('handle')).toHaveLength(1);
  });

  test('that comes again while the first is handled is linked to it too', async () => {
    const signals = new EventEmitter();
    const hasBegun = once(signals, 'begun');
    const slow = () => {
      signals.emit('begun');
      return once(signals, 'done');
    };
    const { deliver } = await listen({ on: { [TYPE]: slow } });
    const first = deliver(TYPE, 'slow');
    await hasBegun;
    expect((await deliver(TYPE, 'slow')).status).toBe(503);
    const early = await theSpan('receive');
    expect(early.attributes).toMatchObject({
      'error.type': 'IN_PROGRESS',
      'showpad.webhook.outcome': 'unavailable',
    });
    expect(early.status.code).toBe(SpanStatusCode.ERROR);
    signals.emit('done');
    await first;
    const [, late] = spans('receive');
    expect(early.links.map(({ context }) => context)).toEqual([late?.spanContext()]);
    expect(late?.links).toEqual([]);
  });

  test('whose handler throws a PermanentError is no error of this app', async () => {
    const refuse = () => {
      throw new PermanentError('no such space');
    };
    const { deliver } = await listen({ on: { [TYPE]: refuse } });
    expect((await deliver()).status).toBe(422);
    for (const span of [await theSpan('receive'), await theSpan('handle refuse')]) {
      expect(span.attributes).toMatchObject({ 'error.type': 'PERMANENT_FAILURE' });
      expect(span.status.code).toBe(SpanStatusCode.UNSET);
    }
  });

  test('shows nothing of payload, key or signature, and only the beginning of what is long', async () => {
    const secret = 'kent.cook@showpad.com';
    const fail = () => {
      throw new Error(`no contact ${secret}`);
    };
    const { receiver, send } = await listen({});
    receiver.onAny(fail);
    const event = { type: 't'.repeat(1_000), id: 'i'.repeat(1_000), data: { email: secret } };
    const delivery = signedDelivery(event, { key: KEY });
    expect((await send(delivery)).status).toBe(500);
    const found = [await theSpan('receive'), await theSpan('handle')];
    for (const { attributes } of found) {
      expect(attributes['messaging.message.id']).toBe(`${'i'.repeat(128)}…`);
      expect(attributes['showpad.webhook.event.type']).toBe(`${'t'.repeat(128)}…`);
    }
    const text = JSON.stringify(
      found.map(({ attributes, events, status }) => ({ attributes, events, status })),
    );
    for (const hidden of [secret, KEY, delivery.headers['x-showpad-signature-v1']])
      expect(text).not.toContain(hidden);
  });
});
