import type { ShowpadApiError, Subscription } from '@showpad-webhooks/client';
import { isFromReceiver, type Verdict, waitedMs } from '../audit/judge.ts';
import type { LoggedAttempt, LoggedEvent, ReadLog } from '../audit/read-log.ts';
import { adviceOn, isDelivered, labelOf, originOf, readOutcome } from '../http/answer.ts';
import { RETRY_WINDOW_SECONDS } from '../http/retry-window.ts';
import { LOG_FIELD_NAMES } from '../input/log-fields.ts';
import { type Color, type Output, paint } from '../terminal/output.ts';
import { seconds } from '../terminal/seconds.ts';

interface AuditedEvent extends LoggedEvent {
  readonly isStored: boolean | undefined;
  readonly verdict: Verdict;
}

interface AuditedLog extends ReadLog {
  readonly events: readonly AuditedEvent[];
  readonly isReceiverThere: boolean;
}

interface ReportOptions {
  readonly output: Output;
  readonly hasInbox: boolean;
  readonly sinceMs: number;
}

export interface AuditReport {
  /** Prints what became of the events of a subscription. */
  add(subscription: Subscription, log: AuditedLog): void;
  /** Prints that the log of a subscription could not be read. */
  failed(subscription: Subscription, error: ShowpadApiError): void;
  /** Says what the answers mean, and what is not known. Returns whether nothing was lost. */
  end(): boolean;
}

const COLORS: Readonly<Record<Verdict, Color>> = {
  delivered: 'green',
  recovered: 'dim',
  stored: 'green',
  retrying: 'yellow',
  lost: 'red',
  unseen: 'red',
};

export function createAuditReport({ output, hasInbox, sinceMs }: ReportOptions): AuditReport {
  const meanings = new Set<string>();
  const unknowns = new Set<string>();
  let isSound = true;
  return {
    add(subscription, { events, unreadable, fields, isReceiverThere }) {
      for (const event of events) {
        if (event.verdict === 'delivered') continue;
        output.result(eventValue(event, subscription), [
          paint(COLORS[event.verdict], event.verdict.padEnd(9)),
          paint('dim', isoOf(event.attempts[0]?.atMs)),
          event.eventId,
          event.type ?? '',
          event.attempts.map(answerOf).join(', '),
          event.verdict === 'recovered' ? `waited ${seconds(waitedMs(event))}` : '',
        ]);
        for (const attempt of event.attempts) {
          const meaning = meaningOf(attempt, isReceiverThere);
          if (meaning) meanings.add(`${answerOf(attempt)}: ${meaning}`);
          if (isUnexplained(attempt)) unknowns.add(NO_HEADERS);
        }
      }
      const counts = countVerdicts(events);
      const longestWaitMs = events.reduce((longest, event) => Math.max(longest, waitedMs(event)), 0);
      const { id: subscriptionId, name } = subscription;
      output.result(
        {
          subscriptionId,
          name,
          since: isoOf(sinceMs),
          events: events.length,
          ...counts,
          longestWaitMs,
          unreadable,
        },
        [
          paint('dim', subscriptionId),
          name,
          ...Object.entries(counts).map(([verdict, count]) =>
            count > 0 ? paint(COLORS[verdict as Verdict], `${verdict} ${count}`) : `${verdict} ${count}`,
          ),
          longestWaitMs > 0 ? `longest wait ${seconds(longestWaitMs)} of ${RETRY_WINDOW_SECONDS} s` : '',
        ],
      );
      if (events.length + unreadable === 0) unknowns.add(`The log of "${name}" ${NO_ATTEMPT}`);
      if (unreadable > 0) output.error(`${unreadable} entries of the log could not be read.`, hintOn(fields));
      if (events.length > 0 && hasInbox && events.every(({ isStored }) => !isStored)) {
        unknowns.add(`The inbox has no event of "${name}". ${OTHER_INBOX}`);
      }
      isSound &&= unreadable === 0 && counts.lost === 0 && counts.unseen === 0;
    },
    failed({ id: subscriptionId, name }, { message, hint }) {
      output.result({ subscriptionId, name, error: message }, [
        paint('red', 'not read'),
        subscriptionId,
        name,
      ]);
      output.error(message, hint);
      isSound = false;
    },
    end() {
      for (const text of [...meanings, ...unknowns]) output.note(text);
      if (!hasInbox) output.note(NO_INBOX);
      output.note(INFERRED);
      return isSound;
    },
  };
}

const NO_ATTEMPT =
  'shows no attempt in this time. If events should have come, look at the types and the URL of the subscription.';
const NO_HEADERS =
  'The log does not show the headers of the answers, so it does not say whether your app answered or something in front of it.';
const OTHER_INBOX =
  'If this subscription sends to another app, pass the ids of those that send to this one. Otherwise check --store and --name. If the app sets "identify", or if the log names events by other ids than the deliveries do, leave out --store.';
const NO_INBOX =
  'Without --store it is not known what your app stored: an event that is lost here may be in its inbox, because only its answer came too late.';
const INFERRED = `Showpad does not document the fields of its log. These names are inferred: ${LOG_FIELD_NAMES}. --log-field reads others.`;

function hintOn(fields: readonly string[]): string {
  return `They have the fields ${fields.join(', ')}. Pass --log-field to say which of them are eventId, requestedAt and statusCode.`;
}

function countVerdicts(events: readonly AuditedEvent[]): Readonly<Record<Verdict, number>> {
  const counts = { delivered: 0, recovered: 0, stored: 0, retrying: 0, lost: 0, unseen: 0 };
  for (const { verdict } of events) counts[verdict]++;
  return counts;
}

function eventValue(event: AuditedEvent, { id, name }: Subscription) {
  const { eventId, type, isStored, verdict, attempts } = event;
  return {
    subscriptionId: id,
    name,
    verdict,
    eventId,
    type: type ?? null,
    isStored: isStored ?? null,
    waitedMs: waitedMs(event),
    attempts: attempts.map((attempt) => ({
      attempt: attempt.number ?? null,
      requestedAt: isoOf(attempt.atMs),
      status: attempt.status,
      ...outcomeOf(attempt),
      errorCode: attempt.errorCode,
      isFromReceiver: isFromReceiver(attempt) ?? null,
    })),
  };
}

function answerOf(attempt: LoggedAttempt): string {
  const { status, errorCode } = attempt;
  if (status === null) return errorCode ? `no answer (${errorCode})` : 'no answer';
  return labelOf(status, outcomeOf(attempt));
}

function outcomeOf({ headers }: LoggedAttempt): ReturnType<typeof readOutcome> {
  return headers ? readOutcome({ headers, body: '' }) : {};
}

function meaningOf(
  { status, headers, errorCode }: LoggedAttempt,
  isReceiverThere: boolean,
): string | undefined {
  if (status === null) return adviceOn({ status, errorCode });
  if (!headers) return undefined;
  const answer = { status, headers, body: '' };
  const advice = isDelivered(status) ? undefined : adviceOn(answer);
  return [originOf(answer, isReceiverThere), advice].filter(Boolean).join(' ');
}

function isUnexplained({ status, headers }: LoggedAttempt): boolean {
  return status !== null && !isDelivered(status) && headers === undefined;
}

function isoOf(ms: number | undefined): string {
  return ms === undefined ? '' : new Date(ms).toISOString();
}
