import { createRequire } from 'node:module';
import type { Attributes, SpanContext } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { vi } from 'vitest';

// This is the real SDK with the real HTTP instrumentation, registered as in an app. Each test file has its own.
const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();
new HttpInstrumentation().setTracerProvider(provider);
createRequire(import.meta.url)('node:http'); // It instruments what is required from now on.

export function forgetSpans(): void {
  exporter.reset();
}

/** The ended spans whose name begins with `name`. */
export function spans(name: string): ReadableSpan[] {
  return exporter.getFinishedSpans().filter((span) => span.name.startsWith(name));
}

/** Resolves to the one span whose name begins with `name`, when it has ended. */
export function theSpan(name: string): Promise<ReadableSpan> {
  return vi.waitFor(() => {
    const [span, ...others] = spans(name);
    if (!span || others.length > 0) throw new Error(`${others.length + (span ? 1 : 0)} spans "${name}"`);
    return span;
  });
}

/** The place of a span: the ids of its trace, of its parent, and of the spans that it is linked to. */
export function placeOf(span: ReadableSpan): {
  readonly traceId: string;
  readonly parentId: string | undefined;
  readonly links: readonly string[];
} {
  const { traceId } = span.spanContext();
  return {
    traceId,
    parentId: span.parentSpanContext?.spanId,
    links: span.links.map((link) => idOf(link.context)),
  };
}

export function idOf({ spanId }: SpanContext): string {
  return spanId;
}

export interface Meters {
  readonly provider: MeterProvider;
  /** Collects all metrics. */
  collect(): Promise<readonly MetricData[]>;
  /** Collects the values of one metric. */
  read(name: string): Promise<readonly Measured[]>;
}

interface Measured {
  readonly attributes: Attributes;
  /** For a histogram, the number of values. */
  readonly value: number;
  /** Only for a histogram. */
  readonly sum?: number | undefined;
  readonly boundaries?: readonly number[];
}

export function createMeters(
  temporality: AggregationTemporality = AggregationTemporality.CUMULATIVE,
): Meters {
  const metricExporter = new InMemoryMetricExporter(temporality);
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: 3_600_000,
  });
  const collect = async () => {
    metricExporter.reset();
    await reader.forceFlush();
    const scopes = metricExporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
    return scopes.flatMap(({ metrics }) => metrics);
  };
  return {
    provider: new MeterProvider({ readers: [reader] }),
    collect,
    async read(name) {
      const found = (await collect()).filter(({ descriptor }) => descriptor.name === name);
      return found.flatMap(measured);
    },
  };
}

function measured({ dataPoints }: MetricData): Measured[] {
  return dataPoints.map(({ attributes, value }) => {
    if (typeof value === 'number') return { attributes, value };
    if (!('buckets' in value)) throw new Error('an exponential histogram');
    const { count, sum, buckets } = value;
    return { attributes, value: count, sum, boundaries: buckets.boundaries };
  });
}
