import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { InboxEntry, InboxPutResult } from '@showpad-webhooks/core/inbox';
import { MOST_FAILURES } from '@showpad-webhooks/core/store';
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
  const nonce = randomUUID().slice(-12);
  const id = jobIdOf(entry.id);
  const adding = queue.add(printable(entry.type).slice(0, 200) || 'invalid', toJobData(entry, nonce), {
    jobId: id,
    timestamp: backend.clock.nowMs(),
    attempts,
    backoff: { type: 'custom' },
    stackTraceLimit: MOST_FAILURES,
  });
  // `add` does not say whether the id was there already, but the nonce of the job does. In the next turn the job is on its way, so
  // the question follows it without waiting for an answer. If the question has overtaken the job, it is asked again.
  const read = () => backend.readData(queue, id);
  const [, early] = await Promise.all([adding, setImmediate().then(read)]);
  await backend.confirm(queue);
  const data = early ?? (await read());
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
