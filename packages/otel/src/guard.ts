import { type Context, context, diag, isSpanContextValid, type Span } from '@opentelemetry/api';

/**
 * Calls a tracer, a meter or a context manager. If it throws, this goes to OpenTelemetry's own log, and what comes after the call
 * still happens, for example the end of the span.
 */
export function guard<Result>(call: () => Result): Result | undefined {
  try {
    return call();
  } catch (error) {
    try {
      diag.error('The telemetry of a Showpad webhook failed.', error);
    } catch {
      // Nobody is left to report it to.
    }
    return undefined;
  }
}

/**
 * Runs with the context of a span active, if there is a span. If the context manager fails, `run` is called a second time, and
 * the receiver then returns the run that has already begun.
 */
export function runWithin<Result>(
  span: Span,
  makeContext: () => Context,
  run: () => Promise<Result>,
): Promise<Result> {
  const running = guard(() =>
    isSpanContextValid(span.spanContext()) ? context.with(makeContext(), run) : undefined,
  );
  return running ?? run();
}
