import type { Inbox } from '@showpad-webhooks/core';
import { createPostgresInbox } from '@showpad-webhooks/postgres';
import { createPostgresBackend, type PostgresConnectionOptions, Queue, Worker } from 'bullmq';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import PgBoss from 'pg-boss';
import { BODY, type Candidate, CONCURRENCY, entryOf } from './candidate.ts';
import { createGroupCommit, createPlainInsert } from './hand-written.ts';

export const OURS = 'showpad-webhooks';
export const GROUP_COMMIT = 'INSERT by hand, with group commit';

/** Each has a database of its own, and a pool of ten connections. */
export const CANDIDATES: Readonly<Record<string, (url: string) => Promise<Candidate>>> = {
  async [OURS](url) {
    const pool = poolOf(url);
    const inbox = createPostgresInbox({ pool });
    await inbox.counts();
    return {
      ...fromInbox(inbox, () => createPostgresInbox({ pool })),
      async addRows(count) {
        await pool.query(ADD_OWN_ROWS, [count]);
        await pool.query('VACUUM ANALYZE showpad_webhooks.inbox');
      },
      async close() {
        await inbox.close({ timeoutMs: 1_000 });
        await pool.end();
      },
    };
  },

  [GROUP_COMMIT]: (url) => createGroupCommit(poolOf(url)),

  'INSERT by hand': (url) => createPlainInsert(poolOf(url)),

  async 'pg-boss'(url) {
    const boss = new PgBoss({ connectionString: url, max: 10 });
    boss.on('error', console.error);
    await boss.start();
    await boss.createQueue('events');
    const data = { body: BODY.toString() };
    return {
      put: (id) => boss.send('events', data, { id }),
      async handle(done) {
        // It looks for jobs every half second and takes one at a time by default, so it is given large batches.
        const options = { batchSize: 1_000, pollingIntervalSeconds: 0.5 };
        await boss.work('events', options, async (jobs) => jobs.forEach(done));
        return () => boss.offWork('events');
      },
      close: () => boss.stop({ graceful: false }),
    };
  },

  async 'graphile-worker'(url) {
    const pool = poolOf(url);
    const logger = new Logger(() => () => {});
    const utils = await makeWorkerUtils({ pgPool: pool, logger });
    await utils.migrate();
    const payload = { body: BODY.toString() };
    return {
      put: (id) => utils.addJob('handle', payload, { jobKey: id }),
      async handle(done) {
        const taskList = { handle: async () => done() };
        const options = { pgPool: pool, logger, concurrency: CONCURRENCY, noHandleSignals: true, taskList };
        const runner = await run(options);
        return () => runner.stop();
      },
      async close() {
        await utils.release();
        await pool.end();
      },
    };
  },

  async 'BullMQ on Postgres'(url) {
    const connection: PostgresConnectionOptions = { connectionString: url, migrate: true };
    const queue = new Queue('events', { connection }, createPostgresBackend);
    await queue.waitUntilReady();
    const data = { body: BODY.toString() };
    return {
      put: (id) => queue.add('handle', data, { jobId: id }),
      async handle(done) {
        const worker = new Worker(
          'events',
          async () => done(),
          { connection, concurrency: CONCURRENCY },
          createPostgresBackend,
        );
        worker.on('error', console.error);
        return () => worker.close(true);
      },
      close: () => queue.close(),
    };
  },
};

/** The keys are as those that the package makes, and as random. */
const ADD_OWN_ROWS = `
  INSERT INTO showpad_webhooks.inbox (seq, inbox, key, state, at_ms, body_digest, meta, body_bytes)
  SELECT nextval('showpad_webhooks.entry'), 'default', left(translate(encode(decode(md5(random()::text), 'hex'), 'base64'), '+/=', '-_'), 22),
    'done', extract(epoch FROM now()) * 1000, 1, '{"id":"x","headers":{}}', 600
  FROM generate_series(1, $1::integer) ON CONFLICT DO NOTHING`;

function poolOf(url: string): pg.Pool {
  return new pg.Pool({ connectionString: url, max: 12 }).on('error', console.error);
}

/** @param open opens the same inbox once more, for handlers that can be stopped. */
function fromInbox(inbox: Inbox, open: () => Inbox): Pick<Candidate, 'put' | 'handle'> {
  return {
    put: async (id) => inbox.put(entryOf(id)),
    async handle(done) {
      const process = async () => {
        done();
        return undefined;
      };
      const handling = open();
      await handling.start({ process, onDead() {}, onError: console.error });
      return async () => handling.close({ timeoutMs: 5_000 });
    },
  };
}
