import {
  type Attributes,
  type Counter,
  createNoopMeter,
  type Histogram,
  type MeterProvider,
  metrics,
} from '@opentelemetry/api';
import type { Receipt } from '@showpad-webhooks/core';
import * as names from './attributes.ts';
import type { FailureCode, HandlerRun } from './handler-span.ts';
import { ofCurrent } from './of-current.ts';

interface Instruments {
  readonly deliveries: Counter<Attributes>;
  readonly processing: Histogram<Attributes>;
  readonly handling: Histogram<Attributes>;
}

/** In seconds, as the conventions advise for `messaging.process.duration`. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const MOST_TYPES = 100;
const OTHER_TYPE = '_OTHER';

/** Counts and times. */
export class Measurements {
  readonly #instruments: () => Instruments | undefined;
  readonly #types = new Set<string>();

  constructor(given: MeterProvider | undefined) {
    this.#instruments = ofCurrent(() => given ?? metrics.getMeterProvider(), createInstruments);
  }

  delivery(receiver: string, { outcome, event, error }: Receipt, startedAtMs: number): void {
    const instruments = this.#instruments();
    if (!instruments) return;
    const result = { [names.OUTCOME]: outcome, ...(error && { [names.ERROR_TYPE]: error.code }) };
    const type = event && (outcome === 'ignored' ? OTHER_TYPE : this.#nameOf(event.type));
    instruments.deliveries.add(1, {
      [names.DESTINATION]: receiver,
      ...result,
      ...(type !== undefined && { [names.EVENT_TYPE]: type }),
    });
    instruments.processing.record(secondsSince(startedAtMs), {
      ...names.operationAttributes(names.RECEIVE, receiver),
      ...result,
    });
  }

  handler(
    { handler, event, context, isQueued }: HandlerRun,
    failure: FailureCode | undefined,
    startedAtMs: number,
  ): void {
    const instruments = this.#instruments();
    if (!instruments) return;
    const seconds = secondsSince(startedAtMs);
    const result = failure && { [names.ERROR_TYPE]: failure };
    instruments.handling.record(seconds, {
      [names.DESTINATION]: context.receiver,
      [names.HANDLER]: names.clip(handler),
      [names.EVENT_TYPE]: this.#nameOf(event.type),
      ...result,
    });
    if (!isQueued) return;
    instruments.processing.record(seconds, {
      ...names.operationAttributes(names.HANDLE, context.receiver),
      ...result,
    });
  }

  /** A type is the sender's choice, and each new one would be a time series. */
  #nameOf(type: string): string {
    const name = names.clip(type);
    if (this.#types.size < MOST_TYPES) this.#types.add(name);
    return this.#types.has(name) ? name : OTHER_TYPE;
  }
}

/** None where there is no SDK. */
function createInstruments(provider: MeterProvider): Instruments | undefined {
  const meter = provider.getMeter(names.SCOPE);
  if (meter === createNoopMeter()) return undefined;
  const duration = { unit: 's', advice: { explicitBucketBoundaries: BUCKETS } };
  return {
    deliveries: meter.createCounter('showpad.webhook.deliveries', {
      unit: '{delivery}',
      description: 'Deliveries, by what became of them.',
    }),
    processing: meter.createHistogram('messaging.process.duration', {
      ...duration,
      description: 'Duration of processing operation.',
    }),
    handling: meter.createHistogram('showpad.webhook.handler.duration', {
      ...duration,
      description: 'Duration of handler runs, before the answer or from an inbox.',
    }),
  };
}

function secondsSince(startedAtMs: number): number {
  return (performance.now() - startedAtMs) / 1_000;
}
