import type { FailedAttempt, InboxEntry } from '@showpad-webhooks/core/inbox';
import type { Job } from 'bullmq';
import { type JobData, type JobProgress, jobIdOf, type Progress } from './job-data.ts';
import type { UnreadableData } from './repair.ts';

export interface StoredEntry extends Progress {
  readonly entry: Omit<InboxEntry, 'body'>;
  /** Undefined if it was deleted when the entry was done. */
  readonly body: Uint8Array | undefined;
  readonly bodyBytes: number;
  readonly failures: readonly FailedAttempt[];
}

/** Why a job cannot be handled. */
export interface Unreadable {
  readonly unreadable: string;
}

/** Reads what the inbox stored. Other software can write to the same server, so everything is checked. */
export function readJob(job: Job): StoredEntry | Unreadable {
  const data = (job.data ?? {}) as Partial<JobData & UnreadableData>;
  if (typeof data.unreadable === 'string') return { unreadable: data.unreadable };
  const { bodyBytes = Number.NaN, bodyDigest = Number.NaN } = data;
  // JSON leaves out what is undefined.
  const absent = { url: undefined, keyLabel: undefined, error: undefined };
  const entry = { ...absent, ...parseObject(data.entry), bodyDigest } as Omit<InboxEntry, 'body'>;
  const isOurs = isEntry(entry) && (jobIdOf(entry.id) === job.id || entry.id === `erased:${job.id}`);
  if (!isOurs) return { unreadable: 'It was not stored by this inbox.' };
  const body = bytesOf(data.body);
  if (body && body.byteLength !== bodyBytes) return { unreadable: 'Its body is not complete.' };
  const progress = progressOf(job);
  if (!progress) return { unreadable: 'Its progress cannot be read.' };
  return { entry, body, bodyBytes, failures: failuresOf(job), ...progress };
}

export function isUnreadable(read: StoredEntry | Unreadable): read is Unreadable {
  return 'unreadable' in read;
}

function isEntry({
  id,
  type,
  method,
  headers,
  timestampSeconds,
  receivedAtMs,
  bodyDigest,
}: InboxEntryFields) {
  const areTexts = [id, type, method].every((value) => typeof value === 'string');
  const areNumbers = [timestampSeconds, receivedAtMs, bodyDigest].every(Number.isFinite);
  return areTexts && areNumbers && typeof headers === 'object' && headers !== null;
}

type InboxEntryFields = Omit<InboxEntry, 'body'>;

function progressOf({ progress }: Job): Progress | undefined {
  if (typeof progress !== 'object') return { done: [], generation: 0 };
  const { done: text, generation } = progress as Partial<JobProgress>;
  const done = parse(text);
  const isReadable = Array.isArray(done) && done.every((name) => typeof name === 'string');
  return isReadable && Number.isInteger(generation) ? { done, generation: Number(generation) } : undefined;
}

/** Reads what the job runner writes in place of stacks. Other software may have written real stacks. */
function failuresOf({ stacktrace }: Job): readonly FailedAttempt[] {
  return (stacktrace ?? []).flatMap((text) => {
    const failed = parse(text) as FailedAttempt | undefined;
    return typeof failed?.message === 'string' ? [failed] : [];
  });
}

function parseObject(text: unknown): object {
  const value = parse(text);
  return typeof value === 'object' && value !== null ? value : {};
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}

function bytesOf(body: unknown): Uint8Array | undefined {
  return typeof body === 'string' ? new Uint8Array(Buffer.from(body, 'base64')) : undefined;
}
