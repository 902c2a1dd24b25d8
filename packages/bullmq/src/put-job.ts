import { randomUUID } from 'node:crypto';
import type { InboxEntry, InboxPutResult } from '@showpad-webhooks/core/inbox';
import { MOST_FAILURES } from '@showpad-webhooks/core/store';
import type { Backend, Queue } from './backend.ts';
import { storable } from './item.ts';
import { type JobData, jobIdOf, toJobData } from './job-data.ts';

/** Stores an entry as a job, unless there is one already. Rejects unless the job is there in the end. */
export async function putJob(
  queue: Queue,
  backend: Backend,
  entry: InboxEntry,
  attempts: number,
): Promise<InboxPutResult> {
  await backend.clock.refresh();
  const nonce = randomUUID().slice(-12);
  const id = jobIdOf(entry.id);
  await queue.add(storable(entry.type).slice(0, 200) || 'invalid', toJobData(entry, nonce), {
    jobId: id,
    timestamp: backend.clock.nowMs(),
    attempts,
    backoff: { type: 'custom' },
    stackTraceLimit: MOST_FAILURES,
  });
  await backend.confirm(queue);
  // `add` does not say whether the id was there already, but the nonce of the job does. This is asked last, because a replica
  // may have become the master meanwhile: it confirms what it has, and may not have the job.
  const data = await backend.readData(queue, id);
  if (data === null) {
    throw new Error(
      'The event was stored, and is not there any more. Check whether something else deletes from this queue, and whether ' +
        'the server evicts keys or was just replaced by a replica.',
    );
  }
  if (data.includes(`"nonce":"${nonce}"`)) return 'stored';
  return { isConflict: bodyDigestIn(data) !== entry.bodyDigest };
}

/** Something else may have changed the job. */
function bodyDigestIn(data: string): unknown {
  try {
    return (JSON.parse(data) as Partial<JobData> | null)?.bodyDigest;
  } catch {
    return undefined;
  }
}
