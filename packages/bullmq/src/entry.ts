import {
  type InboxEntry,
  type InboxError,
  type InboxItem,
  type InboxState,
  timesOf,
} from '@showpad-webhooks/core/inbox';
import type { Job } from 'bullmq';
import { hashText } from './shared.ts';

/** What is stored of an entry. */
export interface JobData {
  /** Everything but the body, as JSON within JSON: the JSON type of Postgres takes neither NUL nor half a surrogate pair. */
  readonly entry: string;
  /** The bytes as base64, because not every body survives as text. */
  readonly body: string;
  readonly bodyBytes: number;
  readonly bodyDigest: number;
  /** Tells the one who put the entry whether it was the first. */
  readonly nonce: string;
}

/** What changes while an entry is handled. */
export interface JobProgress {
  /** The names of the handlers that are done, as JSON within JSON for the same reason. */
  readonly done: string;
  readonly generation: number;
}

/** BullMQ accepts no colon in an id, and no integer. */
export function jobIdOf(id: string): string {
  return `sp-${hashText(id).toString('hex')}`;
}

export function toJobData({ body, bodyDigest, ...entry }: InboxEntry, nonce: string): JobData {
  return {
    entry: JSON.stringify(entry),
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
    bodyBytes: body.byteLength,
    bodyDigest,
    nonce,
  };
}

export function toEntry(data: JobData): InboxEntry {
  return { ...withoutBody(data), body: bytesOf(data) };
}

export interface ItemOptions {
  readonly state: InboxState;
  readonly leaseMs: number;
  readonly withBody: boolean;
}

export function toItem(job: Job<JobData>, { state, leaseMs, withBody }: ItemOptions): InboxItem {
  const entry = withoutBody(job.data);
  const { generation } = progressOf(job);
  return {
    ...entry,
    ...timesOf(state, timeOf(job, state, leaseMs)),
    ...(withBody && { body: bytesOf(job.data) }),
    bodyBytes: job.data.bodyBytes,
    state,
    attempt: job.attemptsStarted,
    generation,
    done: doneOf(job),
    error: entry.error ?? fromReason(job.failedReason),
  };
}

export function progressOf({ progress }: Job): JobProgress {
  return typeof progress === 'object' ? (progress as JobProgress) : { done: '[]', generation: 0 };
}

export function doneOf(job: Job): readonly string[] {
  return JSON.parse(progressOf(job).done);
}

/** A text for people who look at the queue. `list` reads it back. */
export function toReason({ code, message }: InboxError): string {
  return printable(`${code}: ${message}`);
}

/** A text without the characters that not every store keeps. */
export function printable(text: string): string {
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

function withoutBody({ entry, bodyDigest }: JobData): Omit<InboxEntry, 'body'> {
  // JSON leaves out what is undefined.
  return { url: undefined, keyLabel: undefined, error: undefined, ...JSON.parse(entry), bodyDigest };
}

function bytesOf({ body }: JobData): Uint8Array {
  return new Uint8Array(Buffer.from(body, 'base64'));
}
