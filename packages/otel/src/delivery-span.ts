import {
  type Context,
  context,
  createContextKey,
  isSpanContextValid,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Receipt, TelemetryHandler, WebhookRequest } from '@showpad-webhooks/core';
import * as names from './attributes.ts';
import { withSpanContext } from './carried-context.ts';
import { guard } from './guard.ts';
import type { Originals } from './originals.ts';

const DELIVERY = createContextKey('showpad webhook delivery');

/** The parent is the active span, usually the one of the HTTP server. */
export function startDelivery(tracer: Tracer, receiverName: string): Span {
  return tracer.startSpan(`${names.RECEIVE} ${receiverName}`, {
    kind: SpanKind.CONSUMER,
    attributes: names.processAttributes(names.RECEIVE, receiverName),
  });
}

export function deliveryContext(span: Span): Context {
  return trace.setSpan(context.active(), span).setValue(DELIVERY, span);
}

/**
 * Notes what the span of a delivery can only learn when its handlers run. The delivery is remembered now, because a retry may
 * come before its handlers end.
 */
export function noteRun({ event, context: run }: TelemetryHandler, originals: Originals): void {
  const delivery = context.active().getValue(DELIVERY) as Span | undefined;
  if (!delivery) return;
  delivery.setAttribute(names.ATTEMPT, run.attempt);
  originals.of(run.receiverName, event.id, delivery.spanContext());
}

/** Adds a header that takes the span through an inbox, and notes the size of the body when it is read. */
export function carrying(request: WebhookRequest, span: Span): WebhookRequest {
  const spanContext = span.spanContext();
  if (!isSpanContextValid(spanContext)) return request;
  // The properties are read one by one, because a request may be an object of a class with getters.
  const { method, headers, body, url, receivedAtMs } = request;
  const measured = (bytes: Uint8Array) => {
    guard(() => span.setAttribute(names.BODY_SIZE, bytes.byteLength));
    return bytes;
  };
  return {
    method,
    headers: withSpanContext(headers, spanContext),
    body:
      typeof body === 'function'
        ? async (limitBytes, onHeld) => measured(await body(limitBytes, onHeld))
        : measured(body),
    url,
    receivedAtMs,
  };
}

/** Notes the result of a delivery. */
export function describeDelivery(
  span: Span,
  receiverName: string,
  { outcome, response, event, error, keyLabel }: Receipt,
  originals: Originals,
): void {
  if (!span.isRecording()) return;
  if (event) {
    const own = span.spanContext();
    const original = originals.of(receiverName, event.id, own);
    if (original.spanId !== own.spanId) span.addLink({ context: original });
  }
  span.setAttributes({
    [names.OUTCOME]: outcome,
    [names.STATUS_CODE]: response.status,
    ...(event && names.eventAttributes(event)),
    ...(keyLabel !== undefined && { [names.KEY_LABEL]: names.clip(keyLabel) }),
    ...(error && { [names.ERROR_TYPE]: error.code }),
  });
  // A mistake of the sender, or a handler that says that no retry helps, is no error of this app.
  const isOurs = outcome === 'failed' || outcome === 'unavailable';
  if (error && isOurs && error.code !== 'PERMANENT_FAILURE') {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  }
}
