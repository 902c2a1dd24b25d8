import type { Queue } from './backend.ts';

/**
 * Checks that an app has used the queue. An app notes the version of BullMQ there as soon as it is connected, before the first
 * event.
 *
 * @throws Error
 */
export async function checkQueueExists(queue: Queue): Promise<void> {
  const version = await queue.getVersion();
  if (version) return;
  throw new Error(
    `There is no queue "${queue.name}" on this server. Check the database in the address, and the name of the inbox.`,
  );
}
