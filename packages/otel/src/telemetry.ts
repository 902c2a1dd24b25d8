import {
  context,
  INVALID_SPAN_CONTEXT,
  type MeterProvider,
  type Span,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { Telemetry } from '@showpad-webhooks/core';
import { checkKnown } from '@showpad-webhooks/core/shared';
import { SCOPE } from './attributes.ts';
import { carrying, deliveryContext, describeDelivery, noteRun, startDelivery } from './delivery-span.ts';
import { forCurrent } from './for-current.ts';
import { guard, runWithin } from './guard.ts';
import { describeFailure, type FailureCode, failureCode, startHandler } from './handler-span.ts';
import { Measurements } from './measurements.ts';
import { Originals } from './originals.ts';

export interface TelemetryOptions {
  /** Default: the global provider, also if it is registered later. */
  readonly tracerProvider?: TracerProvider;
  /** Default: the global provider, also if it is registered later. */
  readonly meterProvider?: MeterProvider;
}

/**
 * Traces and metrics of a receiver, for its option `telemetry`: a span for each delivery, below it a span for each run of a
 * handler, and how many there were and how long they took. No payload, key or signature is recorded.
 *
 * Without an OpenTelemetry SDK it does nothing. What an SDK or an exporter throws goes to OpenTelemetry's own `diag`, and changes
 * no response. One `Telemetry` may serve many receivers.
 *
 * @throws TypeError for an unknown option.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { createTelemetry } from '@showpad-webhooks/otel';
 *
 * createReceiver({ keys: 'a-signature-key', telemetry: createTelemetry() });
 * ```
 */
export function createTelemetry(options: TelemetryOptions = {}): Telemetry {
  const { tracerProvider, meterProvider } = options;
  checkKnown(options, { tracerProvider, meterProvider });
  const tracer = forCurrent(
    () => tracerProvider ?? trace.getTracerProvider(),
    (provider) => provider.getTracer(SCOPE),
  );
  const measurements = new Measurements(meterProvider);
  const originals = new Originals();

  return {
    async aroundDelivery({ receiverName, request, receive }) {
      const startedAtMs = performance.now();
      const span = guard(() => startDelivery(tracer(), receiverName)) ?? NO_SPAN;
      const carried = guard(() => carrying(request, span)) ?? request;
      const receipt = await runWithin(
        span,
        () => deliveryContext(span),
        () => receive(carried),
      );
      guard(() => measurements.delivery(receiverName, receipt, startedAtMs));
      guard(() => describeDelivery(span, receiverName, receipt, originals));
      guard(() => span.end());
    },

    async aroundHandler(handler) {
      const startedAtMs = performance.now();
      if (!handler.isFromInbox) guard(() => noteRun(handler, originals));
      const span = guard(() => startHandler(tracer(), handler)) ?? NO_SPAN;
      let failure: FailureCode | undefined;
      try {
        await runWithin(span, () => trace.setSpan(context.active(), span), handler.run);
      } catch (thrown) {
        const code = failureCode(thrown);
        failure = code;
        guard(() => describeFailure(span, code, thrown));
        throw thrown;
      } finally {
        guard(() => measurements.handler(handler, failure, startedAtMs));
        guard(() => span.end());
      }
    },

    onDrift(drift) {
      guard(() => measurements.drift(drift));
      guard(() =>
        trace
          .getActiveSpan()
          ?.addEvent('showpad.webhook.drift', { 'exception.message': drift.error.message }),
      );
    },
  };
}

/** Takes the place of a span if the tracer fails. */
const NO_SPAN: Span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
