import type { Receipt } from '@showpad-webhooks/core';
import { isDelivered } from '../http/answer.ts';
import { type Output, paint } from '../terminal/output.ts';

/** What `listen` did with a delivery. */
export interface HandledDelivery {
  readonly receivedAt: string;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
  readonly isAuthentic: boolean;
  /** Why there was no answer to pass on. */
  readonly problem: string | undefined;
  /** The recording. */
  readonly file?: string;
  /** Why there is none, although there should be. */
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
  const { receivedAt, status, durationMs, problem, body, notRecorded } = handled;
  const value = {
    ...handled,
    keyLabel,
    ...(event && { type: event.type, eventId: event.id }),
    ...(error && { code: error.code, message: error.message }),
  };
  output.result(value, [
    paint('dim', receivedAt),
    paint(isDelivered(status) ? 'green' : 'red', `${status}`),
    ...(event ? [event.type, event.id] : [`${error?.code}: ${error?.message}`]),
    problem ?? '',
    paint('dim', `${durationMs} ms`),
  ]);
  if (body !== undefined) output.text(...body.split(/\r?\n/));
  if (error) output.note(error.hint);
  if (notRecorded !== undefined) output.error('The delivery was not recorded.', notRecorded);
}
