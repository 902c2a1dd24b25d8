import { type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { type HandlerContext, PermanentError, type ShowpadEvent } from '@showpad-webhooks/core';
import * as names from './attributes.ts';
import { carriedSpanContext } from './carried-context.ts';

export type FailureCode = 'HANDLER_FAILED' | 'PERMANENT_FAILURE';

export interface HandlerRun {
  readonly handler: string;
  readonly event: ShowpadEvent;
  readonly context: HandlerContext;
  readonly isQueued: boolean;
}

/**
 * Before the answer it is nested beneath the delivery's span. From an inbox it is a trace of its own with a link to the
 * delivery, the conventions' default for messages: it may run hours later, and again by hand, when the delivery's trace
 * is long sampled and stored.
 */
export function startHandler(tracer: Tracer, { handler, event, context, isQueued }: HandlerRun): Span {
  const name = `${names.HANDLE} ${names.clip(handler)}`;
  const attributes = {
    ...names.eventAttributes(event),
    [names.HANDLER]: names.clip(handler),
    [names.ATTEMPT]: context.attempt,
  };
  if (!isQueued) return tracer.startSpan(name, { attributes });
  const delivery = carriedSpanContext(context.headers);
  return tracer.startSpan(name, {
    kind: SpanKind.CONSUMER,
    root: true,
    links: delivery ? [{ context: delivery }] : [],
    attributes: {
      ...attributes,
      ...names.processAttributes(names.HANDLE, context.receiver),
      [names.BODY_SIZE]: context.rawBody.byteLength,
    },
  });
}

/** As core names it. */
export function failureCode(thrown: unknown): FailureCode {
  return PermanentError.isInstance(thrown) ? 'PERMANENT_FAILURE' : 'HANDLER_FAILED';
}

/** Of what was thrown only the class is told: its message and stack may quote the payload. */
export function describeFailure(span: Span, code: FailureCode, thrown: unknown): void {
  span.setAttribute(names.ERROR_TYPE, code);
  if (code === 'HANDLER_FAILED') span.setStatus({ code: SpanStatusCode.ERROR });
  if (thrown instanceof Error) span.setAttribute(names.EXCEPTION_TYPE, names.clip(thrown.name));
}
