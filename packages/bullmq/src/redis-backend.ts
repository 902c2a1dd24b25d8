import {
  type BackendFactory,
  type ConnectionOptions,
  createRedisBackend,
  isRedisInstance,
  type JobState,
  Queue,
  type RedisQueueBackend,
  Worker,
} from 'bullmq';
import type { Backend, BackendOptions, BullmqSource } from './backend.ts';
import { BLOCK_SECONDS, CONNECTION_DEFAULTS, checkHashTag, connectionProblems } from './connections.ts';
import { checkQueueExists } from './must-exist.ts';
import { RedisJobs, type RedisJobsOptions } from './redis-jobs.ts';
import { findRedisProblems } from './redis-problems.ts';
import { clientOf, ERASE, FIND_FROM_FUTURE, nodeOf, READ_TIME, runScript } from './redis-scripts.ts';
import { createReplicaWait, readWaitReplicas } from './replicas.ts';
import { createServerClock } from './server-clock.ts';

/** @throws TypeError without a connection. */
export function createBackend(source: BullmqSource, options: BackendOptions): Backend {
  const { connection } = source;
  if (!connection) {
    throw new TypeError(
      "Pass { connection: { host: 'localhost' } } for Redis. For Postgres there is createPostgresInbox of @showpad-webhooks/postgres.",
    );
  }
  const waitReplicas = readWaitReplicas(source.waitReplicas);
  const replicaWait = waitReplicas && createReplicaWait(waitReplicas);
  /** The queue that is connected, or will be. It is asked for the time. */
  let asked: RedisQueueBackend | undefined;
  const clock = createServerClock(async () => {
    if (!asked)
      throw new Error(
        'The time of Redis was needed before there was a connection. This is a bug, please report it.',
      );
    const [seconds, microseconds] = (await runScript(asked, READ_TIME)) as [string, string];
    return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  });
  const jobsOptions: RedisJobsOptions = { ...options, clock };
  const isClient = isRedisInstance(connection);
  const ofWorker = isClient ? connection : { ...CONNECTION_DEFAULTS, ...connection };
  // While Redis is away, a delivery must be answered with 503 in time. So no command may wait until Redis is back.
  const ofQueue = isClient ? connection : { ...ofWorker, enableOfflineQueue: false };

  return {
    clock,
    createQueue(name) {
      checkHashTag(connection, name);
      const queue = new Queue(
        name,
        { connection: ofQueue as ConnectionOptions, skipMetasUpdate: options.mustExist },
        factoryOf(jobsOptions),
      );
      asked = queue.getBackend();
      return queue as unknown as Queue;
    },
    createWorker: (name, processor, settings) =>
      new Worker(
        name,
        processor,
        { ...settings, drainDelay: BLOCK_SECONDS, connection: ofWorker },
        factoryOf(jobsOptions),
      ) as unknown as Worker,
    checkQueue: async (queue) => {
      if (options.mustExist) await checkQueueExists(queue);
    },
    async readData(queue, id) {
      const client = await clientOf(queue.getBackend());
      return client.hget(queue.toKey(id), 'data');
    },
    async confirm(queue) {
      await replicaWait?.(await nodeOf(queue));
    },
    async tryToWrite(queue) {
      const client = await clientOf(queue.getBackend());
      await client.set(queue.toKey('showpad-write'), '1', 'PX', '1000');
      await replicaWait?.(await nodeOf(queue));
    },
    findProblems: async (queue) => [
      ...connectionProblems(connection),
      ...(await findRedisProblems(await nodeOf(queue), waitReplicas)),
    ],
    async findFromFuture(queue, latestMs) {
      const jobs = queue.getBackend() as unknown as RedisJobs;
      return (await runScript(jobs, FIND_FROM_FUTURE, jobs.toKey(''), `${latestMs}`)) as string[];
    },
    async eraseJob(queue, id, data) {
      const jobs = queue.getBackend() as unknown as RedisJobs;
      const nowMs = Math.floor(clock.nowMs());
      return (await runScript(jobs, ERASE, jobs.toKey(''), id, JSON.stringify(data), `${nowMs}`)) as JobState;
    },
  };
}

/** BullMQ's own factory makes the connections. */
function factoryOf(options: RedisJobsOptions): BackendFactory<RedisJobs> {
  return (name, queueOptions, flags) => {
    const made = createRedisBackend(name, queueOptions, flags);
    made.on('error', () => {}); // The connections tell each error to both backends.
    const toKey = (type: string) => made.toKey(type);
    return new RedisJobs(
      options,
      made.connection,
      name,
      made.keys,
      toKey,
      queueOptions,
      made.blockingConnection,
    );
  };
}
