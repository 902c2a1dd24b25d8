import {
  type ContextManager,
  context,
  DiagLogLevel,
  diag,
  type MeterProvider,
  ROOT_CONTEXT,
  type TracerProvider,
} from '@opentelemetry/api';
import { NodeTracerProvider, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import { type HandlerContext, PermanentError, type ShowpadEvent } from '@showpad-webhooks/core';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { observeInbox } from '@showpad-webhooks/otel';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { listen, TYPE } from './app.ts';

const broken = (): never => {
  throw new Error('telemetry is broken');
};

/** An object that has these parts. Everything else that is called on it throws. */
function breaking<Whole>(parts: object = {}): Whole {
  return new Proxy(parts, { get: (target, name) => Reflect.get(target, name) ?? broken }) as Whole;
}

const sdk = new NodeTracerProvider();
const brokenTracers: readonly (readonly [string, TracerProvider])[] = [
  ['provider', breaking()],
  ['tracer', { getTracer: () => breaking() }],
  ['span', { getTracer: () => breaking({ startSpan: () => breaking() }) }],
  [
    'end of a span',
    {
      getTracer: () =>
        breaking({
          startSpan: () => Object.assign(sdk.getTracer('real').startSpan('span'), { end: broken }),
        }),
    },
  ],
  [
    'exporter',
    new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(breaking<SpanExporter>())] }),
  ],
];
const brokenMeters: readonly (readonly [string, MeterProvider])[] = [
  ['provider', breaking()],
  ['meter', { getMeter: () => breaking() }],
  [
    'instrument',
    { getMeter: () => breaking({ createCounter: () => breaking(), createHistogram: () => breaking() }) },
  ],
];

let reported: string[];
beforeEach(() => {
  reported = [];
  diag.setLogger(
    { ...console, verbose() {}, error: (message) => void reported.push(message) },
    DiagLogLevel.ERROR,
  );
  onTestFinished(() => diag.disable());
});

/** Expects the responses and the runs of handlers that there would be without telemetry. */
async function expectResponses(options: Parameters<typeof listen>[1]): Promise<void> {
  const ran: string[] = [];
  const { receiver, deliver } = await listen({}, options);
  receiver.on(TYPE, ({ id }: ShowpadEvent, { attempt }: HandlerContext) => {
    ran.push(`${id} ${attempt}`);
    if (id === 'flaky' && attempt === 1) throw new Error('not at first');
    if (id === 'permanent') throw new PermanentError('never');
  });
  const statuses: number[] = [];
  for (const id of ['good', 'good', 'flaky', 'flaky', 'permanent']) {
    statuses.push((await deliver(TYPE, id)).status);
  }
  expect(statuses).toEqual([200, 200, 500, 200, 422]);
  expect(ran).toEqual(['good 1', 'flaky 1', 'flaky 2', 'permanent 1']);
}

/** Expects the same from an inbox. */
async function expectHandling(options: Parameters<typeof listen>[1]): Promise<void> {
  const ran: string[] = [];
  const inbox = createMemoryInbox({ pollMs: 5, backoff: () => 0 });
  const { receiver, deliver } = await listen({ inbox }, options);
  receiver.onAny(({ id }, { attempt }) => {
    ran.push(`${id} ${attempt}`);
    if (attempt === 1) throw new Error('not at first');
  });
  await receiver.start();
  expect((await deliver(TYPE, 'flaky')).status).toBe(202);
  await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
  expect(ran).toEqual(['flaky 1', 'flaky 2']);
}

describe.each(brokenTracers)('a broken %s of traces', (_part, tracerProvider) => {
  test('changes no response, and runs no handler twice', async () => {
    await expectResponses({ tracerProvider });
    expect(reported).not.toEqual([]);
  });

  test('changes nothing from an inbox', () => expectHandling({ tracerProvider }));
});

describe.each(brokenMeters)('a broken %s of metrics', (_part, meterProvider) => {
  test('changes no response, and runs no handler twice', async () => {
    await expectResponses({ meterProvider });
    expect(new Set(reported)).toEqual(new Set(['The telemetry of a Showpad webhook failed.']));
  });

  test('changes nothing from an inbox', () => expectHandling({ meterProvider }));

  test('is no reason for observeInbox to throw', () => {
    const stop = observeInbox(createMemoryInbox(), { meterProvider });
    expect(stop).not.toThrow();
    expect(reported).not.toEqual([]);
  });
});

const managers: readonly (readonly [string, Partial<ContextManager>])[] = [
  ['that throws whatever is asked of it', {}],
  [
    'that throws once it ran what it should',
    {
      active: () => ROOT_CONTEXT,
      with(_context, run, self, ...args) {
        run.apply(self, args);
        return broken();
      },
    },
  ],
];

test.each(managers)('a context manager %s changes no response', async (_how, parts) => {
  const disable = () => {};
  context.setGlobalContextManager(breaking<ContextManager>({ ...parts, disable }));
  onTestFinished(() => context.disable());
  await expectResponses({ tracerProvider: sdk });
  await expectHandling({ tracerProvider: sdk });
  expect(reported).not.toEqual([]);
});

test('a log of OpenTelemetry that throws too changes no response', async () => {
  diag.setLogger(breaking(), DiagLogLevel.ERROR);
  await expectResponses({ tracerProvider: breaking(), meterProvider: breaking() });
});
