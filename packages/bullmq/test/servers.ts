import type { BullmqInbox, BullmqSource } from '@showpad-webhooks/bullmq';
import { findServer, type Server, startRedis } from '@showpad-webhooks/servers';
import type { RedisQueueBackend } from 'bullmq';
import type { Redis } from 'ioredis';

/** BullMQ keeps the order of jobs that are due in the same ms in the lower digits of a score. */
const SCORE_PER_MS = 0x1000;

/** The servers that BullMQ runs on, and the options with which an app names them. */
export const ENGINES: readonly {
  readonly engine: 'redis';
  readonly isInstalled: boolean;
  readonly start: (settings?: Readonly<Record<string, string>>) => Promise<Server>;
  readonly sourceOf: (server: Pick<Server, 'port'>) => BullmqSource;
  /** Makes the attempts of a queue's jobs later than they were, as if the clock of the server had been ahead. */
  readonly moveAttempt: (inbox: BullmqInbox, stepMs: number) => Promise<void>;
  /** Makes the ends of a queue's dead jobs earlier than they were, as if all clocks were ahead now. */
  readonly moveEnd: (inbox: BullmqInbox, stepMs: number) => Promise<void>;
}[] = [
  {
    engine: 'redis',
    isInstalled: findServer('redis-server') !== undefined,
    start: startRedis,
    sourceOf: ({ port }) => ({ connection: { host: '127.0.0.1', port } }),
    async moveAttempt({ queue }, stepMs) {
      const client = await clientOf(queue);
      for (const id of await client.zrange(queue.toKey('delayed'), '0', '-1')) {
        await client.hincrby(queue.toKey(id), 'processedOn', `${stepMs}`);
        await client.zincrby(queue.toKey('delayed'), stepMs * SCORE_PER_MS, id);
      }
    },
    async moveEnd({ queue }, stepMs) {
      const client = await clientOf(queue);
      for (const id of await client.zrange(queue.toKey('failed'), '0', '-1')) {
        await client.hincrby(queue.toKey(id), 'finishedOn', `${-stepMs}`);
        await client.zincrby(queue.toKey('failed'), -stepMs, id);
      }
    },
  },
];

async function clientOf(queue: BullmqInbox['queue']): Promise<Redis> {
  const backend = queue.getBackend() as unknown as RedisQueueBackend;
  return (await backend.client) as unknown as Redis;
}
