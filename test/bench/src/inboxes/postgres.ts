import { createPostgresInbox } from '@showpad-webhooks/postgres';
import { findServer, startPostgres } from '@showpad-webhooks/servers';
import { createPostgresBackend, type PostgresConnectionOptions } from 'bullmq';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import PgBoss from 'pg-boss';
import { openBullmq } from './bullmq.ts';
import { BODY, type Candidate, type Engine, FLOOR, fromInbox, HANDLED_AT_ONCE, OURS } from './candidate.ts';
import { createFloor, type FloorStore, type Row } from './floor.ts';
import { importFrom, mapValues } from './import-from.ts';

/** Each candidate has a database of its own. */
export const postgres: Engine = {
  name: 'Postgres',
  isInstalled: () => findServer('postgres') !== undefined,
  async start(checkouts) {
    const others = await importFrom('@showpad-webhooks/postgres', checkouts);
    const server = await startPostgres();
    const admin = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'postgres' });
    await admin.connect();
    const file = "split_part(pg_read_file('postmaster.pid'), E'\\n', 1)";
    const { rows } = await admin.query(`SELECT ${file} AS pid`);
    let databases = 0;
    const inNewDatabase = (open: (url: string) => Promise<Candidate>) => async () => {
      const name = `bench_${databases++}`;
      await admin.query(`CREATE DATABASE ${name}`);
      return open(`postgres://postgres@127.0.0.1:${server.port}/${name}`);
    };
    return {
      serverPid: Number(rows[0].pid),
      candidates: {
        [OURS]: inNewDatabase((url) => openOurs(createPostgresInbox, url)),
        ...mapValues(others, ({ createPostgresInbox }) =>
          inNewDatabase((url) => openOurs(createPostgresInbox, url)),
        ),
        [FLOOR]: inNewDatabase(async (url) => createFloor(await openFloor(poolOf(url)))),
        'pg-boss': inNewDatabase(openPgBoss),
        'graphile-worker': inNewDatabase(openGraphileWorker),
        BullMQ: inNewDatabase((connectionString) =>
          openBullmq({ connectionString, migrate: true } as PostgresConnectionOptions, createPostgresBackend),
        ),
      },
      async remove() {
        await admin.end();
        await server.remove();
      },
    };
  },
};

/** Each has about as many connections. */
function poolOf(url: string): pg.Pool {
  return new pg.Pool({ connectionString: url, max: 12 })
    .on('error', console.error)
    .on('connect', (client) => client.on('error', console.error));
}

async function openOurs(create: typeof createPostgresInbox, url: string): Promise<Candidate> {
  const pool = poolOf(url);
  const inbox = create({ pool });
  const table = 'showpad_webhooks.inbox';
  return {
    ...(await fromInbox(inbox)),
    bytesPerEvent: () => bytesPerRow(pool, table),
    addRows: (count) => addRows(pool, table, "nextval('showpad_webhooks.entry')", count),
    async close() {
      await inbox.close({ timeoutMs: 1_000 });
      await pool.end();
    },
  };
}

/** The columns and the indexes that a put writes are those of the package. */
const CREATE_TABLE = `
  CREATE SEQUENCE entry;
  CREATE TABLE inbox (
    key text COLLATE "C" PRIMARY KEY,
    seq bigint NOT NULL,
    inbox text NOT NULL,
    state text NOT NULL,
    at_ms bigint NOT NULL,
    fence bigint NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 0,
    generation integer NOT NULL DEFAULT 0,
    body_digest bigint NOT NULL,
    handlers text NOT NULL DEFAULT '[]',
    error text,
    failures text NOT NULL DEFAULT '[]',
    meta text NOT NULL,
    body_bytes bigint NOT NULL,
    body bytea
  );
  CREATE INDEX inbox_waiting ON inbox (inbox, at_ms, seq) WHERE state IN ('pending', 'leased')`;

const COLUMNS = '(seq, inbox, key, state, at_ms, body_digest, meta, body_bytes, body)';
const INSERT_ONE = `
  INSERT INTO inbox ${COLUMNS} VALUES (nextval('entry'), 'default', $1, 'pending', $2, $3, $4, $5, $6)
  ON CONFLICT (key) DO NOTHING`;
/** The bodies are one parameter, because pg would send a list of them as text. */
const INSERT_MANY = `
  INSERT INTO inbox ${COLUMNS}
  SELECT nextval('entry'), 'default', key, 'pending', at_ms, digest, meta, bytes, substring($5::bytea FROM place FOR bytes)
  FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $6::integer[], $7::integer[])
    AS entry (key, at_ms, digest, meta, bytes, place)
  ON CONFLICT (key) DO NOTHING`;
const TAKE = `
  UPDATE inbox SET state = 'leased' WHERE key IN (
    SELECT key FROM inbox WHERE inbox = 'default' AND state IN ('pending', 'leased') AND state = 'pending'
    ORDER BY at_ms, seq LIMIT $1 FOR UPDATE SKIP LOCKED
  ) RETURNING key, meta, body`;

async function openFloor(pool: pg.Pool): Promise<FloorStore> {
  await pool.query(CREATE_TABLE);
  return {
    insert(rows) {
      const [only] = rows;
      return only && rows.length === 1
        ? pool.query({
            name: 'insert_one',
            text: INSERT_ONE,
            values: [...columnsOf(only), only.entry.body.byteLength, only.entry.body],
          })
        : pool.query({ name: 'insert_many', text: INSERT_MANY, values: parametersOf(rows) });
    },
    take: async (limit) => (await pool.query(TAKE, [limit])).rows,
    finish: (taken) =>
      pool.query("UPDATE inbox SET state = 'done', body = NULL WHERE key = ANY ($1::text[])", [
        taken.map(({ key }) => key),
      ]),
    bytesPerEvent: () => bytesPerRow(pool, 'inbox'),
    addRows: (count) => addRows(pool, 'inbox', "nextval('entry')", count),
    close: () => pool.end(),
  };
}

function columnsOf({ key, entry, meta }: Row) {
  return [key, entry.receivedAtMs, entry.bodyDigest, meta] as const;
}

function parametersOf(rows: readonly Row[]): unknown[] {
  const columns = rows.map(columnsOf);
  const bytes = rows.map(({ entry }) => entry.body.byteLength);
  let from = 1;
  const places = bytes.map((length) => {
    const place = from;
    from += length;
    return place;
  });
  return [
    ...[0, 1, 2, 3].map((column) => columns.map((row) => row[column])),
    Buffer.concat(rows.map(({ entry }) => entry.body)),
    bytes,
    places,
  ];
}

async function bytesPerRow(pool: pg.Pool, table: string): Promise<number> {
  const { rows } = await pool.query(`SELECT avg(pg_column_size(entry.*)) AS bytes FROM ${table} AS entry`);
  return Number(rows[0].bytes);
}

/** Keys are as long as those of the package, and as random. */
async function addRows(pool: pg.Pool, table: string, seq: string, count: number): Promise<void> {
  await pool.query(
    `INSERT INTO ${table} (seq, inbox, key, state, at_ms, body_digest, meta, body_bytes)
     SELECT ${seq}, 'default', left(md5(random()::text), 22), 'done', extract(epoch FROM now()) * 1000, 1,
       '{"id":"x","headers":{}}', 0
     FROM generate_series(1, $1::integer) ON CONFLICT DO NOTHING`,
    [count],
  );
  await pool.query(`VACUUM ANALYZE ${table}`);
}

async function openPgBoss(url: string): Promise<Candidate> {
  const boss = new PgBoss({ connectionString: url, max: 12 });
  boss.on('error', console.error);
  await boss.start();
  await boss.createQueue('events');
  const data = { body: BODY.toString() };
  return {
    put: (id) => boss.send('events', data, { id }),
    // It looks for jobs every half second and takes one at a time by default, so it is given large batches.
    handle: (onHandled) =>
      boss.work('events', { batchSize: 1_000, pollingIntervalSeconds: 0.5 }, async (jobs) => {
        for (const { id } of jobs) onHandled(id);
      }),
    close: () => boss.stop({ graceful: false }),
  };
}

async function openGraphileWorker(url: string): Promise<Candidate> {
  const pool = poolOf(url);
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  await utils.migrate();
  const payload = { body: BODY.toString() };
  let stop = async () => {};
  return {
    put: (id) => utils.addJob('handle', payload, { jobKey: id }),
    async handle(onHandled) {
      const runner = await run({
        pgPool: pool,
        logger,
        concurrency: HANDLED_AT_ONCE,
        noHandleSignals: true,
        taskList: { handle: async (_payload, { job }) => onHandled(`${job.key}`) },
      });
      stop = () => runner.stop();
    },
    async close() {
      await stop();
      await utils.release();
      await pool.end();
    },
  };
}
