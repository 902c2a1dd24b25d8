import { type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { PermanentError, type TelemetryHandler } from '@showpad-webhooks/core';
import * as names from './attributes.ts';
import { carriedSpanContext } from './carried-context.ts';

export type FailureCode = 'HANDLER_FAILED' | 'PERMANENT_FAILURE';

/**
 * If the handler runs before the response, its parent is the span of the delivery. From an inbox it begins a trace of its own with
 * a link to the delivery, as the conventions advise for messages: it may run hours later, or again by hand, when the trace of the
 * delivery has long been sampled and stored.
 */
export function startHandler(
  tracer: Tracer,
  { handlerName, event, context, isFromInbox }: TelemetryHandler,
): Span {
  const name = `${names.HANDLE} ${names.clip(handlerName)}`;
  const attributes = {
    ...names.eventAttributes(event),
    [names.HANDLER]: names.clip(handlerName),
    [names.ATTEMPT]: context.attempt,
  };
  if (!isFromInbox) return tracer.startSpan(name, { attributes });
  const delivery = carriedSpanContext(context.headers);
  return tracer.startSpan(name, {
    kind: SpanKind.CONSUMER,
    root: true,
    links: delivery ? [{ context: delivery }] : [],
    attributes: {
      ...attributes,
      ...names.processAttributes(names.HANDLE, context.receiverName),
      [names.BODY_SIZE]: context.rawBody.byteLength,
    },
  });
}

/** The code that core gives to what a handler threw. */
export function failureCode(thrown: unknown): FailureCode {
  return PermanentError.isInstance(thrown) ? 'PERMANENT_FAILURE' : 'HANDLER_FAILED';
}

/** Of what a handler threw, only the class is recorded: its message and its stack may quote the payload. */
export function describeFailure(span: Span, code: FailureCode, thrown: unknown): void {
  span.setAttribute(names.ERROR_TYPE, code);
  if (code === 'HANDLER_FAILED') span.setStatus({ code: SpanStatusCode.ERROR });
  if (thrown instanceof Error) span.setAttribute(names.EXCEPTION_TYPE, names.clip(thrown.name));
}
