import {
  context,
  INVALID_SPAN_CONTEXT,
  type MeterProvider,
  type Span,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { Telemetry } from '@showpad-webhooks/core';
import { attempt, runWithin } from './attempt.ts';
import { SCOPE } from './attributes.ts';
import { carrying, deliveryContext, describeDelivery, noteRun, startDelivery } from './delivery-span.ts';
import {
  describeFailure,
  type FailureCode,
  failureCode,
  type HandlerRun,
  startHandler,
} from './handler-span.ts';
import { Measurements } from './measurements.ts';
import { ofCurrent } from './of-current.ts';
import { Originals } from './originals.ts';

export interface TelemetryOptions {
  /** Default: the global one, also where it is registered later. */
  readonly tracerProvider?: TracerProvider;
  /** Default: the global one, also where it is registered later. */
  readonly meterProvider?: MeterProvider;
}

/**
 * Traces and metrics of a receiver, for its option `telemetry`: a span for each delivery, beneath it one for each run of
 * a handler, and how many there were and how long they took. Nothing of a payload, a key or a signature is recorded.
 *
 * Without an OpenTelemetry SDK it does nothing, and what an SDK or an exporter throws changes no answer: it goes to
 * OpenTelemetry's own `diag`. One may serve many receivers.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { createTelemetry } from '@showpad-webhooks/otel';
 *
 * createReceiver({ keys: 'a-signature-key', telemetry: createTelemetry() });
 * ```
 */
export function createTelemetry({ tracerProvider, meterProvider }: TelemetryOptions = {}): Telemetry {
  const tracer = ofCurrent(
    () => tracerProvider ?? trace.getTracerProvider(),
    (provider) => provider.getTracer(SCOPE),
  );
  const measurements = new Measurements(meterProvider);
  const originals = new Originals();

  async function runHandler(handlerRun: HandlerRun, run: () => Promise<unknown>): Promise<unknown> {
    const startedAtMs = performance.now();
    if (!handlerRun.isQueued) attempt(() => noteRun(handlerRun, originals));
    const span = attempt(() => startHandler(tracer(), handlerRun)) ?? NO_SPAN;
    let failure: FailureCode | undefined;
    try {
      return await runWithin(span, () => trace.setSpan(context.active(), span), run);
    } catch (thrown) {
      const code = failureCode(thrown);
      failure = code;
      attempt(() => describeFailure(span, code, thrown));
      throw thrown;
    } finally {
      attempt(() => measurements.handler(handlerRun, failure, startedAtMs));
      attempt(() => span.end());
    }
  }

  return {
    async delivery(receiver, request, receive) {
      const startedAtMs = performance.now();
      const span = attempt(() => startDelivery(tracer(), receiver)) ?? NO_SPAN;
      const carried = attempt(() => carrying(request, span)) ?? request;
      const receipt = await runWithin(
        span,
        () => deliveryContext(span),
        () => receive(carried),
      );
      attempt(() => measurements.delivery(receiver, receipt, startedAtMs));
      attempt(() => describeDelivery(span, receiver, receipt, originals));
      attempt(() => span.end());
      return receipt;
    },
    handler: (handler, event, handlerContext, run, isQueued) =>
      runHandler({ handler, event, context: handlerContext, isQueued }, run),
  };
}

/** Takes a span's place where the tracer failed. */
const NO_SPAN: Span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
