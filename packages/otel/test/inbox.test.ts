import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { Inbox } from '@showpad-webhooks/core';
import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/core/testing';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { KEY, listen, TYPE } from './app.ts';
import { forgetSpans, placeOf, spans, theSpan } from './sdk.ts';

beforeEach(forgetSpans);

const folder = mkdtempSync(join(tmpdir(), 'showpad-otel-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

const inboxes: readonly (readonly [string, () => Inbox])[] = [
  ['in memory', () => createMemoryInbox({ pollMs: 5, backoff: () => 0 })],
  [
    'in a file',
    () => createSqliteInbox({ file: join(folder, `${++files}.db`), pollMs: 5, backoff: () => 0 }),
  ],
];

describe.each(inboxes)('from an inbox %s', (_where, createInbox) => {
  test('a handler begins a trace that is linked to the delivery', async () => {
    const { receiver, deliver } = await listen({
      inbox: createInbox(),
      on: { [TYPE]: function syncDeal() {} },
    });
    // The span that is active at the start does not become its parent.
    await trace.getTracer('app').startActiveSpan('boot', () => receiver.start());
    expect((await deliver(TYPE, 'event-1')).status).toBe(202);
    const delivery = await theSpan('receive');
    expect(delivery.attributes).toMatchObject({ 'showpad.webhook.outcome': 'queued' });
    const span = await theSpan('handle syncDeal');
    expect(span.kind).toBe(SpanKind.CONSUMER);
    expect(span.attributes).toEqual({
      'messaging.system': 'showpad',
      'messaging.operation.name': 'handle',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'default',
      'messaging.message.id': 'event-1',
      'messaging.message.body.size': delivery.attributes['messaging.message.body.size'],
      'showpad.webhook.event.type': TYPE,
      'showpad.webhook.handler': 'syncDeal',
      'showpad.webhook.attempt': 1,
    });
    expectOwnTrace(span, delivery);
  });

  test('each of many events is linked to its own delivery, and each attempt to the first', async () => {
    const failed = new Set<string>();
    const { receiver, deliver } = await listen({ inbox: createInbox() });
    receiver.onAny(({ id }) => {
      trace.getTracer('app').startSpan(`work on ${id}`).end();
      if (failed.has(id)) return;
      failed.add(id);
      throw new Error('not at first');
    });
    await receiver.start();
    const ids = ['a', 'b', 'c', 'd'];
    await Promise.all(ids.map((id) => deliver(TYPE, id)));
    await vi.waitFor(() => expect(spans('handle')).toHaveLength(2 * ids.length));
    for (const id of ids) {
      const ofEvent = (name: string) =>
        spans(name).filter(({ attributes }) => attributes['messaging.message.id'] === id);
      const [delivery] = ofEvent('receive');
      const runs = ofEvent('handle');
      expect(runs.map(({ attributes }) => attributes['showpad.webhook.attempt'])).toEqual([1, 2]);
      expect(runs.map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.UNSET]);
      for (const run of runs) expectOwnTrace(run, delivery);
      // The parent of what a handler does is that run, and not what woke the inbox.
      expect(spans(`work on ${id}`).map((span) => placeOf(span).parentId)).toEqual(
        runs.map((run) => run.spanContext().spanId),
      );
    }
  });
});

test('handlers see the headers of the sender, including traceparent', async () => {
  const inbox = createMemoryInbox({ pollMs: 5 });
  const { receiver, send } = await listen({ inbox });
  const seen = new Promise<Readonly<Record<string, string>>>((resolve) =>
    receiver.onAny((_event, { headers }) => resolve(headers)),
  );
  await receiver.start();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await send(signedDelivery(TYPE, { key: KEY, headers: { traceparent } }));
  expect((await seen).traceparent).toBe(traceparent);
  // The span of the HTTP server continues it, and is the parent of the delivery.
  expect(placeOf(await theSpan('receive')).traceId).toBe('0af7651916cd43dd8448eb211c80319c');
});

function expectOwnTrace(run: ReadableSpan, delivery: ReadableSpan | undefined): void {
  const { traceId, parentId } = placeOf(run);
  expect(parentId).toBeUndefined();
  expect(traceId).not.toBe(delivery?.spanContext().traceId);
  expect(run.links.map(({ context }) => context)).toMatchObject([
    { traceId: delivery?.spanContext().traceId, spanId: delivery?.spanContext().spanId, traceFlags: 1 },
  ]);
}
