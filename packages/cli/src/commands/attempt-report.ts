import type { Attempt } from '@showpad-webhooks/emulator';
import { adviceOn, labelOf, originOf, readOutcome } from '../http/answer.ts';
import { type Line, type Output, paint } from '../terminal/output.ts';
import { excerpt } from '../terminal/printable.ts';

export interface AttemptReport {
  /** Prints an attempt. */
  add(attempt: Attempt): void;
  /** Says what the answers mean, each meaning once. */
  advise(): void;
}

export function createAttemptReport(output: Output): AttemptReport {
  const meanings = new Set<string>();
  let isReceiverThere = false;
  return {
    add(attempt) {
      output.result(toValue(attempt), lineOf(attempt));
      isReceiverThere ||= attempt.response !== null && readOutcome(attempt.response).outcome !== undefined;
      const meaning = meaningOf(attempt, isReceiverThere);
      if (meaning) meanings.add(`${answerOf(attempt)}: ${meaning}`);
    },
    advise() {
      for (const meaning of meanings) output.note(meaning);
    },
  };
}

function lineOf(attempt: Attempt): Line {
  const { state, eventId, number, durationMs, faults, nextAttemptAt, startedAt } = attempt;
  const color = state === 'succeeded' ? 'green' : 'red';
  const faultNames = faults.map(({ action }) => action).join(', ');
  const waitMs = (nextAttemptAt ?? 0) - (startedAt ?? 0) - (durationMs ?? 0);
  return [
    paint('dim', eventId),
    `attempt ${number}:`,
    paint(color, answerOf(attempt)),
    `in ${Math.round(durationMs ?? 0)} ms`,
    faultNames && paint('yellow', `(fault: ${faultNames})`),
    state === 'will-retry' ? `retry in ${(waitMs / 1000).toFixed(1)} s` : '',
    paint('dim', detailOf(attempt)),
  ];
}

function answerOf({ response, error }: Attempt): string {
  if (!response) return error?.code ?? '';
  return labelOf(response.status, readOutcome(response));
}

/** The text of a failure. The answers of our own receivers are left out, because `answerOf` says all of it. */
function detailOf({ state, response, error }: Attempt): string {
  if (state === 'succeeded') return '';
  if (!response) return error?.message ?? '';
  return readOutcome(response).outcome ? '' : excerpt(response.body);
}

function meaningOf(
  { state, type, response, error, faults }: Attempt,
  isReceiverThere: boolean,
): string | undefined {
  if (state === 'succeeded') {
    const isIgnored = response && readOutcome(response).outcome === 'ignored';
    return isIgnored ? `The app has no handler for the type "${type}".` : undefined;
  }
  const [fault] = faults;
  // This delivery was broken on purpose, so advice about the endpoint would be wrong.
  if (fault) return `The delivery had the fault "${fault.action}", so this answer may be what you want.`;
  if (!response) return adviceOn({ status: null, errorCode: error?.code });
  return [originOf(response, isReceiverThere), adviceOn(response)].filter(Boolean).join(' ');
}

function toValue(attempt: Attempt): object {
  const { eventId, type, number, state, durationMs, response, error, faults } = attempt;
  const { outcome = null, code = null } = response ? readOutcome(response) : {};
  return {
    eventId,
    type,
    attempt: number,
    state,
    durationMs,
    error,
    status: response?.status ?? null,
    outcome,
    code,
    body: response?.body ?? null,
    faults: faults.map(({ action }) => action),
  };
}
