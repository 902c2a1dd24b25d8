import { type Context, context, diag, isSpanContextValid, type Span } from '@opentelemetry/api';

/** Calls what is not ours, a tracer or a meter: what it throws is told to OpenTelemetry's own log, and changes nothing. */
export function attempt<Result>(call: () => Result): Result | undefined {
  try {
    return call();
  } catch (error) {
    try {
      diag.error('showpad webhooks: telemetry failed', error);
    } catch {
      // Nobody is left to tell.
    }
    return undefined;
  }
}

/** Runs with a span's context active, where there is a span, and exactly once, however the context manager fails. */
export function runWithin<Result>(
  span: Span,
  makeContext: () => Context,
  run: () => Promise<Result>,
): Promise<Result> {
  let running: Promise<Result> | undefined;
  attempt(() => {
    if (!isSpanContextValid(span.spanContext())) return;
    context.with(makeContext(), () => {
      running = run();
    });
  });
  return running ?? run();
}
