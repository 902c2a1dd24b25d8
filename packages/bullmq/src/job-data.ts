import type { InboxEntry, InboxItem } from '@showpad-webhooks/core/inbox';
import { hashText } from '@showpad-webhooks/core/shared';
import { erasedEntry } from '@showpad-webhooks/core/store';
import type { Job } from 'bullmq';

/** What is stored of an entry. */
export interface JobData {
  /** Everything but the body, as JSON. */
  readonly entry: string;
  /** The bytes as base64, because not every body survives as text. It is gone when the entry is done. */
  readonly body?: string | undefined;
  readonly bodyBytes: number;
  readonly bodyDigest: number;
  /** Tells each put whether it was the one that stored the entry. */
  readonly nonce: string;
}

/** What changes while an entry is handled. */
export interface Progress {
  /** The names of the handlers that are done. */
  readonly done: readonly string[];
  readonly generation: number;
}

/** Progress as it is stored: the names are JSON. */
export interface JobProgress {
  readonly done: string;
  readonly generation: number;
}

export function updateProgress(job: Job, { done, generation }: Progress): Promise<void> {
  const progress: JobProgress = { done: JSON.stringify(done), generation };
  return job.updateProgress({ ...progress });
}

/** BullMQ accepts no colon in an id, and no integer. */
export function jobIdOf(id: string): string {
  return `sp-${hashText(id, 'hex')}`;
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

/** What is left of an entry that was erased. */
export function erasedData(jobId: string, item: InboxItem): JobData {
  const { bodyBytes, bodyDigest } = item;
  return { entry: JSON.stringify(erasedEntry(item, jobId)), bodyBytes, bodyDigest, nonce: '' };
}

/** What is left of an entry that is done: what shows that an event is a duplicate, and what an operator sees in a list. */
export function withoutBody(data: JobData): JobData {
  const { body: _body, ...kept } = data;
  return { ...kept, entry: JSON.stringify({ ...JSON.parse(data.entry), headers: {} }) };
}
