import type { EventEmitter } from 'node:events';
import {
  type BackendFactory,
  createPostgresBackend,
  type JobState,
  type PostgresConnectionOptions,
  type PostgresQueueBackend,
  Queue,
  runMigrations,
  Worker,
} from 'bullmq';
import type { Backend, BackendOptions } from './backend.ts';
import { type JobData, withoutBody } from './job-data.ts';
import { checkQueueExists } from './must-exist.ts';
import { createServerClock, type ServerClock } from './server-clock.ts';

type Factory = BackendFactory<PostgresQueueBackend, PostgresConnectionOptions>;
type Pool = PostgresQueueBackend['connection']['pool'];

export function createPostgresSide(
  postgres: PostgresConnectionOptions,
  { keepDoneBodies, mustExist }: BackendOptions,
): Backend {
  const isPool = typeof postgres === 'object' && 'query' in postgres;
  const options = typeof postgres === 'string' ? { connectionString: postgres } : postgres;
  const connection = (isPool ? postgres : { migrate: !mustExist, ...options }) as PostgresConnectionOptions;
  /** The queue that is connected, or will be. It is asked for the time. */
  let asked: PostgresQueueBackend | undefined;
  const clock = createServerClock(async () => {
    if (!asked) throw new Error('The clock of Postgres was asked for before there was a connection.');
    const { rows } = await asked.connection.pool.query<{ now: string }>(
      'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now',
    );
    return Number(rows[0]?.now);
  });
  const factory: Factory = (...args) => {
    const backend = createPostgresBackend(...args);
    if (!isPool) ignoreLateErrors(backend.connection.pool as unknown as EventEmitter);
    return withClock(backend, clock);
  };

  return {
    clock,
    createQueue(name) {
      const queue = new Queue(name, { connection, skipMetasUpdate: mustExist }, factory);
      asked = queue.getBackend();
      return queue as unknown as Queue;
    },
    createWorker(name, processor, settings) {
      const worker = new Worker(name, processor, { ...settings, connection }, factory);
      if (!keepDoneBodies) {
        const internal = internalOf(worker.getBackend());
        worker.on('completed', (job) => {
          const data = JSON.stringify(withoutBody(job.data as JobData));
          internal.query(DELETE_BODY, [name, job.id, data]).catch((error) => worker.emit('error', error));
        });
      }
      return worker as unknown as Worker;
    },
    async prepare() {
      if (isPool && !mustExist) await runMigrations(postgres as Parameters<typeof runMigrations>[0]);
    },
    checkQueue: async (queue) => {
      if (mustExist) await checkQueueExists(queue);
    },
    confirm: async () => {},
    tryToWrite: async () => {},
    findProblems: async (queue) => {
      const backend = queue.getBackend() as unknown as PostgresQueueBackend;
      return findPostgresProblems(backend.connection.pool);
    },
    async findFromFuture(queue, latestMs) {
      const internal = internalOf(queue.getBackend() as unknown as PostgresQueueBackend);
      const { rows } = await internal.query(FIND_FROM_FUTURE, [queue.name, latestMs]);
      return rows.map(({ id }) => String(id));
    },
    async eraseJob(queue, id, data) {
      const internal = internalOf(queue.getBackend() as unknown as PostgresQueueBackend);
      const nowMs = Math.floor(clock.nowMs());
      const { rows } = await internal.query(ERASE, [queue.name, id, JSON.stringify(data), nowMs]);
      return rows[0]?.was ?? 'active';
    },
    closeWorker(worker, isForced) {
      const backend = worker.getBackend() as unknown as PostgresQueueBackend;
      const { listenClient } = backend.connection as unknown as { listenClient?: EventEmitter };
      if (listenClient) keepErrorListener(listenClient);
      return worker.close(isForced);
    },
  };
}

/** If somebody retries the entry at this moment, it is not completed any more, and its body stays. What was erased stays erased. */
const DELETE_BODY =
  "UPDATE job SET data = $3 WHERE queue = $1 AND id = $2 AND state = 'completed' AND data ? 'body'";

const ERASE = `
  UPDATE job SET state = 'completed', data = $3, finished_at_ms = $4, failed_reason = NULL
  FROM (SELECT state AS was FROM job WHERE queue = $1 AND id = $2 FOR UPDATE) AS found
  WHERE queue = $1 AND id = $2 AND was <> 'active' RETURNING was`;

const FIND_FROM_FUTURE =
  "SELECT id FROM job WHERE queue = $1 AND state = 'delayed' AND processed_at_ms > $2 LIMIT 1000";

/** What BullMQ's backend uses itself, and does not name in its types. */
interface Internal {
  run(command: string, values: readonly unknown[]): Promise<Rows>;
  query(sql: string, values: readonly unknown[]): Promise<Rows>;
}

interface Rows {
  readonly rows: { readonly id?: string; readonly was?: JobState; next_delay?: string | null }[];
}

function internalOf(backend: PostgresQueueBackend): Internal {
  return backend as unknown as Internal;
}

/** A connection that is being closed has no listener of the pool any more, and if Postgres ends at that moment, Node would end too. */
function ignoreLateErrors(pool: EventEmitter): void {
  pool.on('connect', (client: EventEmitter) => client.on('error', () => {}));
}

/** Locks, due times and all else are measured by the clock of Postgres. BullMQ would use the clock of each machine. */
function withClock(backend: PostgresQueueBackend, clock: ServerClock): PostgresQueueBackend {
  const internal = internalOf(backend);
  const run = internal.run.bind(backend);
  internal.run = async (command, values) => {
    const result = await run(command, await clock.withServerTime(values));
    const [row] = result.rows;
    if (row?.next_delay) row.next_delay = String(clock.toLocalMs(Number(row.next_delay)));
    return result;
  };
  return backend;
}

async function findPostgresProblems(pool: Pool): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const setting of ['synchronous_commit', 'fsync', 'full_page_writes']) {
    const { rows } = await pool.query<Record<string, string>>(`SHOW ${setting}`);
    if (rows[0]?.[setting] !== 'off') continue;
    problems.push(
      `Postgres has ${setting} off, so if it or its machine crashes, acknowledged events may be lost. Set it to on.`,
    );
  }
  return problems;
}

/**
 * BullMQ removes all listeners of this client before it ends it. If Postgres ends the connection at the same moment, as when both
 * are stopped together, the error would have no listener, and Node would end the process.
 */
function keepErrorListener(client: EventEmitter): void {
  client.on('removeListener', (event) => {
    if (event === 'error') queueMicrotask(() => client.on('error', () => {}));
  });
}
