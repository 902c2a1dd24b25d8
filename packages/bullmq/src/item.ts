import { type InboxError, type InboxItem, type InboxState } from '@showpad-webhooks/core/inbox';
import { timesOf } from '@showpad-webhooks/core/store';
import type { Job } from 'bullmq';
import { isUnreadable, readJob, type Unreadable } from './read-job.ts';

export interface ItemOptions {
  readonly state: InboxState;
  readonly leaseMs: number;
  readonly withBody: boolean;
}

/** What an operator sees of a job. A job that cannot be read is shown too, with its id in BullMQ. */
export function toItem(job: Job, options: ItemOptions): InboxItem {
  const { state, leaseMs, withBody } = options;
  const read = readJob(job);
  const ofJob = { ...timesOf(state, timeOf(job, state, leaseMs)), state, attempt: job.attemptsStarted };
  if (isUnreadable(read)) return { ...unreadableItem(job, read), ...ofJob };
  const { entry, body, bodyBytes, done, failures, generation } = read;
  const error = fromReason(job.failedReason);
  return {
    ...entry,
    ...ofJob,
    ...(withBody && { body }),
    bodyBytes,
    hasBody: body !== undefined,
    generation,
    done,
    failures,
    error: entry.error ?? (error && { ...error, handlerName: failures.at(-1)?.handlerName }),
  };
}

type UnreadableItem = Omit<InboxItem, 'state' | 'attempt'>;

function unreadableItem({ id = '', name, timestamp }: Job, read: Unreadable): UnreadableItem {
  return {
    id,
    type: String(name ?? ''),
    bodyDigest: 0,
    method: '',
    url: undefined,
    headers: {},
    timestampSeconds: 0,
    keyLabel: undefined,
    receivedAtMs: Number.isFinite(timestamp) ? timestamp : 0,
    bodyBytes: 0,
    hasBody: false,
    generation: 0,
    done: [],
    failures: [],
    error: unreadableError(read),
  };
}

/** Why a job that cannot be read is dead. */
export function unreadableError({ unreadable }: Unreadable): InboxError {
  const message =
    `The job cannot be read. ${unreadable} Look at it with a tool of BullMQ, and find out what else writes to ` +
    'this queue. Then discard it.';
  return { code: 'INBOX_FAILED', message };
}

/** A text for people who look at the queue. `list` reads it back. */
export function toReason({ code, message }: InboxError): string {
  return storable(`${code}: ${message}`);
}

/** A text without the characters that not every store keeps. */
export function storable(text: string): string {
  return Buffer.from(text).toString().replaceAll('\0', '\u{FFFD}');
}

function fromReason(reason: string | undefined): InboxError | undefined {
  if (!reason) return undefined;
  const [, code = 'HANDLER_FAILED', message = reason] = /^([A-Z_]+): (.*)$/s.exec(reason) ?? [];
  return { code, message };
}

function timeOf(job: Job, state: InboxState, leaseMs: number): number {
  const startedMs = job.processedOn ?? job.timestamp;
  if (state === 'done' || state === 'dead') return job.finishedOn ?? startedMs;
  return startedMs + (state === 'leased' ? leaseMs : job.delay);
}
