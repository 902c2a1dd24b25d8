import {
  type Attributes,
  type Counter,
  createNoopMeter,
  type Histogram,
  type MeterProvider,
  metrics,
} from '@opentelemetry/api';
import type { Receipt, TelemetryDrift, TelemetryHandler } from '@showpad-webhooks/core';
import * as names from './attributes.ts';
import { forCurrent } from './for-current.ts';
import type { FailureCode } from './handler-span.ts';
import { RetryWaits } from './retry-waits.ts';

interface Instruments {
  readonly deliveries: Counter<Attributes>;
  readonly drifts: Counter<Attributes>;
  readonly waits: Histogram<Attributes>;
  readonly processing: Histogram<Attributes>;
  readonly handling: Histogram<Attributes>;
}

/** The buckets, in seconds, that the conventions advise for `messaging.process.duration`. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** These buckets are close to Showpad's retries, which come 3, 7.5 and 14.25 s after the first failure. */
const WAIT_BUCKETS = [1, 3, 3.5, 5, 7.5, 8, 10, 12.5, 14.25, 15, 20, 25, 30];
const MOST_TYPES = 100;
const OTHER_TYPE = '_OTHER';

/** Counts and times deliveries and runs of handlers. */
export class Measurements {
  readonly #instruments: () => Instruments | undefined;
  readonly #types = new Set<string>();
  readonly #waits = new RetryWaits();

  constructor(given: MeterProvider | undefined) {
    this.#instruments = forCurrent(() => given ?? metrics.getMeterProvider(), createInstruments);
  }

  delivery(receiverName: string, receipt: Receipt, startedAtMs: number): void {
    const instruments = this.#instruments();
    if (!instruments) return;
    const { outcome, event, error } = receipt;
    const endedAtMs = performance.now();
    const result = { [names.OUTCOME]: outcome, ...(error && { [names.ERROR_TYPE]: error.code }) };
    const type = event && (outcome === 'ignored' ? OTHER_TYPE : this.#nameOf(event.type));
    instruments.deliveries.add(1, {
      [names.DESTINATION]: receiverName,
      ...result,
      ...(type !== undefined && { [names.EVENT_TYPE]: type }),
    });
    instruments.processing.record((endedAtMs - startedAtMs) / 1_000, {
      ...names.operationAttributes(names.RECEIVE, receiverName),
      ...result,
    });
    const waitedMs = this.#waits.note(receiverName, receipt, { startedAtMs, endedAtMs });
    if (waitedMs !== undefined)
      instruments.waits.record(waitedMs / 1_000, { [names.DESTINATION]: receiverName });
  }

  handler(
    { handlerName, event, context, isFromInbox }: TelemetryHandler,
    failure: FailureCode | undefined,
    startedAtMs: number,
  ): void {
    const instruments = this.#instruments();
    if (!instruments) return;
    const seconds = secondsSince(startedAtMs);
    const result = failure && { [names.ERROR_TYPE]: failure };
    instruments.handling.record(seconds, {
      [names.DESTINATION]: context.receiverName,
      [names.HANDLER]: names.clip(handlerName),
      [names.EVENT_TYPE]: this.#nameOf(event.type),
      ...result,
    });
    if (!isFromInbox) return;
    instruments.processing.record(seconds, {
      ...names.operationAttributes(names.HANDLE, context.receiverName),
      ...result,
    });
  }

  drift({ receiverName, event }: TelemetryDrift): void {
    this.#instruments()?.drifts.add(1, {
      [names.DESTINATION]: receiverName,
      [names.EVENT_TYPE]: this.#nameOf(event.type),
    });
  }

  /** The sender chooses the types, and each new one would be another time series. */
  #nameOf(type: string): string {
    const name = names.clip(type);
    if (this.#types.size < MOST_TYPES) this.#types.add(name);
    return this.#types.has(name) ? name : OTHER_TYPE;
  }
}

/** Returns undefined if there is no SDK. */
function createInstruments(provider: MeterProvider): Instruments | undefined {
  const meter = provider.getMeter(names.SCOPE);
  if (meter === createNoopMeter()) return undefined;
  const duration = { unit: 's', advice: { explicitBucketBoundaries: BUCKETS } };
  return {
    deliveries: meter.createCounter('showpad.webhook.deliveries', {
      unit: '{delivery}',
      description: 'Deliveries, by outcome.',
    }),
    drifts: meter.createCounter('showpad.webhook.drifts', {
      unit: '{drift}',
      description: 'Events that did not fit their schema at a place that was not reported before.',
    }),
    waits: meter.createHistogram('showpad.webhook.retry.wait', {
      unit: 's',
      advice: { explicitBucketBoundaries: WAIT_BUCKETS },
      description:
        'How long an event waited for a 2xx after its first 5xx: what it used of the retry window.',
    }),
    processing: meter.createHistogram('messaging.process.duration', {
      ...duration,
      description: 'Duration of processing operation.',
    }),
    handling: meter.createHistogram('showpad.webhook.handler.duration', {
      ...duration,
      description: 'Duration of handler runs, before the response or from an inbox.',
    }),
  };
}

function secondsSince(startedAtMs: number): number {
  return (performance.now() - startedAtMs) / 1_000;
}
