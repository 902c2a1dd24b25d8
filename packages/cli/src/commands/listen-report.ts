import type { Receipt } from '@showpad-webhooks/core';
import { isDelivered, labelOf, type Outcome } from '../http/answer.ts';
import { type Output, paint } from '../terminal/output.ts';

/** What `listen` did with a delivery. */
export interface HandledDelivery {
  readonly receivedAt: string;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
  /** What became of the event, as the answer that was passed on says. */
  readonly outcome: Outcome;
  readonly isAuthentic: boolean;
  /** Why there was no answer to pass on. */
  readonly problem: string | undefined;
  /** What sent the answer that was passed on, if the delivery failed and no receiver answered. */
  readonly origin: string | undefined;
  /** The file with the recording. */
  readonly file?: string;
  /** Why there is no recording, although there should be one. */
  readonly notRecorded?: string;
  /** The payload, if it is to be printed. */
  readonly body: string | undefined;
}

/** Prints a line for a delivery, and what there is to say about it. */
export function reportDelivery(
  { event, error, keyLabel }: Receipt,
  handled: HandledDelivery,
  output: Output,
): void {
  const { outcome, ...delivery } = handled;
  const { receivedAt, status, durationMs, problem, origin, body, notRecorded } = handled;
  const value = {
    ...delivery,
    outcome: outcome.outcome,
    keyLabel,
    ...(event && { type: event.type, eventId: event.id }),
    ...(error && { code: error.code, message: error.message }),
  };
  output.result(value, [
    paint('dim', receivedAt),
    // The code of an error is shown with its message.
    paint(isDelivered(status) ? 'green' : 'red', labelOf(status, error ? {} : outcome)),
    ...(event ? [event.type, event.id] : [`${error?.code}: ${error?.message}`]),
    problem ?? '',
    paint('dim', `${durationMs} ms`),
  ]);
  if (body !== undefined) output.text(...body.split(/\r?\n/));
  if (error) output.note(error.hint);
  if (origin) output.note(origin);
  if (notRecorded !== undefined) output.error('The delivery was not recorded.', notRecorded);
}
