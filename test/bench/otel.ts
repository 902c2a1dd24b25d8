// pnpm --dir test/bench otel
// Measures what each configuration of telemetry adds to a delivery of 1 kB with one handler.
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  NodeTracerProvider,
  type Sampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import { createReceiver, type Telemetry } from '@showpad-webhooks/core';
import { createTelemetry } from '@showpad-webhooks/otel';
import { type Case, compare } from './src/measure.ts';
import { KEY } from './src/peers.ts';
import { deliveries, type Incoming } from './src/receivers.ts';

if (import.meta.resolve('@showpad-webhooks/otel').endsWith('.ts')) {
  throw new Error(
    'The benchmark must measure the built packages. Run it without --conditions=@showpad-webhooks/source.',
  );
}

const BYTES = 1_024;
const PACE = { rounds: 41, sliceMs: 40 };

/** A real exporter sends spans in the background, so its time is not part of a delivery. */
const nowhere: SpanExporter = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {} };
const readers = [
  new PeriodicExportingMetricReader({
    exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
    exportIntervalMillis: 3_600_000,
  }),
];
const meterProvider = new MeterProvider({ readers });
const contextManager = new AsyncLocalStorageContextManager();

function tracersOf(sampler: Sampler): NodeTracerProvider {
  return new NodeTracerProvider({ sampler, spanProcessors: [new BatchSpanProcessor(nowhere)] });
}

/** The context manager is global. Each case sets or removes it in `inputs`, whose time does not count. */
function caseOf(name: string, telemetry: Telemetry | undefined, hasSdk: boolean): Case<Incoming> {
  const receiver = createReceiver({ keys: KEY, ...(telemetry && { telemetry }) });
  receiver.on('shared-space-user-added', () => {});
  return {
    name,
    inputs(count) {
      context.disable();
      if (hasSdk) context.setGlobalContextManager(contextManager.enable());
      return deliveries(count, BYTES);
    },
    async run({ headers, body }) {
      const { outcome } = await receiver.receive({ method: 'POST', headers, body });
      if (outcome !== 'handled') throw new Error(`The outcome is "${outcome}" instead of "handled".`);
    },
  };
}

const [sampled, unsampled] = [new AlwaysOnSampler(), new AlwaysOffSampler()].map((sampler) =>
  createTelemetry({ tracerProvider: tracersOf(sampler), meterProvider }),
);
const timings = await compare(
  [
    caseOf('no telemetry', undefined, false),
    caseOf('no telemetry, second time', undefined, false), // It shows how much of a ratio is chance.
    caseOf('createTelemetry(), no SDK', createTelemetry(), false),
    caseOf('the SDK, metrics, no trace sampled', unsampled, true),
    caseOf('the SDK, metrics, every trace sampled', sampled, true),
  ],
  PACE,
);
for (const { name, ratio, ns } of timings) {
  console.log(`${name.padEnd(40)}${ratio.toFixed(2)} ×   ${(ns / 1_000).toFixed(1)} µs`);
}
