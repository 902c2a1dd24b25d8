import type { InboxEntry, InboxError, InboxItem, InboxState } from '@showpad-webhooks/core';
import { hashText } from '@showpad-webhooks/core/node';
import type { Job } from 'bullmq';

/** What is stored of an entry: its bytes as base64, since as text they would not all survive. */
export interface JobData {
  /** All but the body, as JSON within JSON: Postgres' own takes neither NUL nor half a surrogate pair. */
  readonly entry: string;
  readonly body: string;
  readonly bodyBytes: number;
  readonly bodyDigest: number;
  /** Tells who puts an entry whether it was the first. */
  readonly nonce: string;
}

/** What changes while an entry is handled. */
export interface JobProgress {
  /** Names of handlers, as JSON, for the same reason. */
  readonly done: string;
  readonly generation: number;
}

/** BullMQ wants no colon in an id, and no integer. */
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

export function toItem(job: Job<JobData>, state: InboxState, leaseMs: number, withBody: boolean): InboxItem {
  const entry = withoutBody(job.data);
  const { generation } = progressOf(job);
  return {
    ...entry,
    ...(withBody && { body: bytesOf(job.data) }),
    bodyBytes: job.data.bodyBytes,
    state,
    attempt: job.attemptsStarted,
    generation,
    done: doneOf(job),
    atMs: timeOf(job, state, leaseMs),
    error: entry.error ?? fromReason(job.failedReason),
  };
}

export function progressOf({ progress }: Job): JobProgress {
  return typeof progress === 'object' ? (progress as JobProgress) : { done: '[]', generation: 0 };
}

export function doneOf(job: Job): readonly string[] {
  return JSON.parse(progressOf(job).done);
}

/** For people who look at the queue; `list` reads it back. */
export function toReason({ code, message }: InboxError): string {
  return printable(`${code}: ${message}`);
}

/** Text that every store keeps. */
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
