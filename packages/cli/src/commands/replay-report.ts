import type { ShowpadWebhookError } from '@showpad-webhooks/core';
import { isDelivered, labelOf, readOutcome } from '../http/answer.ts';
import { eventOf, type RecordedFile } from '../http/recording.ts';
import { type Answer, isAnswer, type NoAnswer } from '../http/send.ts';
import { type Output, paint } from '../terminal/output.ts';
import { excerpt } from '../terminal/printable.ts';

type Replayed = Pick<RecordedFile, 'file' | 'body'>;

/** Prints why a recording was not signed. */
export function reportRefusal(
  replayed: Replayed,
  { code, message }: ShowpadWebhookError,
  output: Output,
): void {
  const { value, names } = nameOf(replayed);
  output.result({ ...value, isDelivered: false, isRefused: true, code, message }, [
    paint('red', 'not signed'),
    ...names,
    `${code}: ${message}`,
    paint('dim', replayed.file),
  ]);
}

/** Prints what a recording was answered with. */
export function reportReplay(replayed: Replayed, result: Answer | NoAnswer, output: Output): void {
  const { value, names } = nameOf(replayed);
  if (!isAnswer(result)) {
    output.result({ ...value, isDelivered: false, status: null, problem: result.message }, [
      paint('red', 'no answer'),
      ...names,
      paint('dim', result.message),
    ]);
    return;
  }
  const { status } = result;
  const text = result.body.toString();
  const outcome = readOutcome({ headers: result.headers, body: text });
  const isOk = isDelivered(status);
  output.result({ ...value, isDelivered: isOk, status, ...outcome }, [
    paint(isOk ? 'green' : 'red', labelOf(status, outcome)),
    ...names,
    paint('dim', isOk || outcome.outcome ? '' : excerpt(text)),
  ]);
}

function nameOf({ file, body }: Replayed): { readonly value: object; readonly names: readonly string[] } {
  const event = eventOf(body);
  return {
    value: { file, ...(event && { type: event.type, eventId: event.id }) },
    names: event ? [event.type, event.id] : ['no event'],
  };
}
