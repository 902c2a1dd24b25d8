import { type BackendFactory, type IQueueBackend, Queue, Worker } from 'bullmq';
import { BODY, type Candidate, HANDLED_AT_ONCE } from './candidate.ts';

/** A plain queue and worker of BullMQ. */
export async function openBullmq<Backend extends IQueueBackend, Connection>(
  connection: Connection,
  backend: BackendFactory<Backend, Connection>,
): Promise<Candidate> {
  const queue = new Queue('events', { connection }, backend);
  queue.on('error', console.error);
  await queue.waitUntilReady();
  const data = { body: BODY.toString() };
  const workers: Pick<Queue, 'close'>[] = [];
  return {
    put: (id) => queue.add('handle', data, { jobId: id }),
    async handle(onHandled) {
      const process = async ({ id }: { id?: string }) => onHandled(`${id}`);
      const worker = new Worker('events', process, { connection, concurrency: HANDLED_AT_ONCE }, backend);
      worker.on('error', console.error);
      workers.push(worker);
      await worker.waitUntilReady();
    },
    async close() {
      for (const worker of workers) await worker.close();
      await queue.close();
    },
  };
}
