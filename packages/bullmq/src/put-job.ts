import { randomBytes } from 'node:crypto';
import type { InboxEntry, InboxPutResult } from '@showpad-webhooks/core/inbox';
import { MOST_FAILURES } from '@showpad-webhooks/core/store';
import type { Job } from 'bullmq';
import type { Backend, Queue } from './backend.ts';
import { printable } from './item.ts';
import { type JobData, jobIdOf, toJobData } from './job-data.ts';

/** Stores an entry as a job, unless there is one already. Rejects unless the job is there in the end. */
export async function putJob(
  queue: Queue,
  backend: Backend,
  entry: InboxEntry,
  attempts: number,
): Promise<InboxPutResult> {
  await backend.clock.refresh();
  const nonce = randomBytes(12).toString('base64url');
  const id = jobIdOf(entry.id);
  await queue.add(printable(entry.type).slice(0, 200) || 'invalid', toJobData(entry, nonce), {
    jobId: id,
    timestamp: backend.clock.nowMs(),
    attempts,
    backoff: { type: 'custom' },
    stackTraceLimit: MOST_FAILURES,
  });
  await backend.confirm(queue);
  // `add` does not say whether the id was there already, but the nonce of the job does.
  const kept: Job<Partial<JobData>> | undefined = await queue.getJob(id);
  if (!kept) {
    throw new Error(
      'The event was stored, and is not there any more. Check whether something else deletes from this queue, and whether ' +
        'the server evicts keys or was just replaced by a replica.',
    );
  }
  if (kept.data?.nonce === nonce) return 'stored';
  return { isConflict: kept.data?.bodyDigest !== entry.bodyDigest };
}
