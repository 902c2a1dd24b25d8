import { isSpanContextValid, type SpanContext } from '@opentelemetry/api';
import type { WebhookHeaders } from '@showpad-webhooks/core';

/**
 * The header that takes the span of a delivery through an inbox to its handlers. It is not `traceparent`, because that one
 * belongs to the sender or a proxy, and handlers see the headers as they were sent.
 */
const HEADER = 'x-showpad-webhooks-traceparent';
// We write and read the header ourselves, so it has this form whatever propagator the app uses: W3C Trace Context.
const TRACEPARENT = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;

export function withSpanContext(
  headers: WebhookHeaders,
  { traceId, spanId, traceFlags }: SpanContext,
): WebhookHeaders {
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  if (Symbol.iterator in headers) {
    const entries = headers as Iterable<readonly [string, string]>;
    return { ...Object.fromEntries(entries), [HEADER]: traceparent };
  }
  if (typeof headers.get !== 'function') return { ...headers, [HEADER]: traceparent };
  const reader = { get: headers.get.bind(headers), [HEADER]: traceparent };
  return reader;
}

/** Reads the span of the delivery that brought an event into the inbox. */
export function carriedSpanContext(headers: Readonly<Record<string, string>>): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(headers[HEADER] ?? '') ?? [];
  const carried = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(carried) ? carried : undefined;
}
