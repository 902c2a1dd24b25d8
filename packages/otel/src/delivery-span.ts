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
import type { Receipt, WebhookRequest } from '@showpad-webhooks/core';
import { attempt } from './attempt.ts';
import * as names from './attributes.ts';
import { withSpanContext } from './carried-context.ts';
import type { HandlerRun } from './handler-span.ts';
import type { Originals } from './originals.ts';

const DELIVERY = createContextKey('showpad webhook delivery');

/** Nested beneath the active span, the HTTP server's for one. */
export function startDelivery(tracer: Tracer, receiver: string): Span {
  return tracer.startSpan(`${names.RECEIVE} ${receiver}`, {
    kind: SpanKind.CONSUMER,
    attributes: names.processAttributes(names.RECEIVE, receiver),
  });
}

export function deliveryContext(span: Span): Context {
  return trace.setSpan(context.active(), span).setValue(DELIVERY, span);
}

/** What a delivery's span can learn only from a run of its handlers; and a retry may come before it ends. */
export function noteRun({ event, context: run }: HandlerRun, originals: Originals): void {
  const delivery = context.active().getValue(DELIVERY) as Span | undefined;
  if (!delivery) return;
  delivery.setAttribute(names.ATTEMPT, run.attempt);
  originals.of(run.receiver, event.id, delivery.spanContext());
}

/** The request, with a header that takes the span through an inbox, and a body whose size is noted when it is read. */
export function carrying(request: WebhookRequest, span: Span): WebhookRequest {
  const spanContext = span.spanContext();
  if (!isSpanContextValid(spanContext)) return request;
  const { method, headers, body, url } = request;
  const measured = (bytes: Uint8Array) => {
    attempt(() => span.setAttribute(names.BODY_SIZE, bytes.byteLength));
    return bytes;
  };
  return {
    method,
    headers: withSpanContext(headers, spanContext),
    body:
      typeof body === 'function' ? async (limitBytes) => measured(await body(limitBytes)) : measured(body),
    ...(url !== undefined && { url }),
  };
}

/** Tells what became of it. */
export function describeDelivery(span: Span, receiver: string, receipt: Receipt, originals: Originals): void {
  if (!span.isRecording()) return;
  const { outcome, response, event, error, keyLabel } = receipt;
  if (event) {
    const own = span.spanContext();
    const original = originals.of(receiver, event.id, own);
    if (original.spanId !== own.spanId) span.addLink({ context: original });
  }
  span.setAttributes({
    [names.OUTCOME]: outcome,
    [names.STATUS_CODE]: response.status,
    ...(event && names.eventAttributes(event)),
    ...(keyLabel !== undefined && { [names.KEY_LABEL]: names.clip(keyLabel) }),
    ...(error && { [names.ERROR_TYPE]: error.code }),
  });
  // What a sender got wrong, or a handler refused for good, is no trouble of ours.
  if (error && (outcome === 'failed' || outcome === 'unavailable')) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  }
}
