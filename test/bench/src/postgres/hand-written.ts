import type pg from 'pg';
import { BODY, type Candidate, CONCURRENCY, entryOf } from './candidate.ts';

/** It keeps the same bytes as the package, and has the same two indexes: the id, and the order in which entries are due. */
const CREATE_TABLE =
  "CREATE TABLE IF NOT EXISTS inbox (id text PRIMARY KEY, body bytea NOT NULL, meta text NOT NULL, state text NOT NULL DEFAULT 'pending', due_ms bigint NOT NULL, seq bigserial)";
const CREATE_INDEX =
  "CREATE INDEX IF NOT EXISTS inbox_pending ON inbox (due_ms, seq) WHERE state IN ('pending', 'leased')";

/** What one would write first: a statement and a sync for each event. */
export async function createPlainInsert(pool: pg.Pool): Promise<Candidate> {
  await pool.query(`${CREATE_TABLE}; ${CREATE_INDEX}`);
  const sql = 'INSERT INTO inbox (id, body, meta, due_ms) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING';
  return { ...handlingOf(pool), put: (id) => pool.query(sql, [id, BODY, metaOf(id), Date.now()]) };
}

/** The least that shares a statement and a sync between events that come at the same time. */
export async function createGroupCommit(pool: pg.Pool): Promise<Candidate> {
  await pool.query(`${CREATE_TABLE}; ${CREATE_INDEX}`);
  const sql =
    'INSERT INTO inbox (id, body, meta, due_ms) SELECT * FROM unnest($1::text[], $2::bytea[], $3::text[], $4::bigint[]) ' +
    'ON CONFLICT DO NOTHING';
  let waiting: {
    readonly id: string;
    readonly resolve: () => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  let running = 0;

  async function flush(): Promise<void> {
    if (running === 2 || waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    running++;
    try {
      await pool.query(sql, [
        batch.map(({ id }) => id),
        batch.map(() => BODY),
        batch.map(({ id }) => metaOf(id)),
        batch.map(() => Date.now()),
      ]);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    running--;
    await flush();
  }

  return {
    ...handlingOf(pool),
    put: (id) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ id, resolve, reject });
        if (waiting.length === 1) setImmediate(flush);
      }),
  };
}

function metaOf(id: string): string {
  const { body: _body, ...meta } = entryOf(id);
  return JSON.stringify(meta);
}

function handlingOf(pool: pg.Pool): Omit<Candidate, 'put'> {
  return {
    async handle(done) {
      let isOver = false;
      const take = `UPDATE inbox SET state = 'leased' WHERE id IN
        (SELECT id FROM inbox WHERE state IN ('pending', 'leased') AND state = 'pending' ORDER BY due_ms, seq LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id`;
      async function work(): Promise<void> {
        while (!isOver) {
          const [row] = (await pool.query(take)).rows;
          if (!row) return;
          done();
          await pool.query("UPDATE inbox SET state = 'done' WHERE id = $1", [row.id]);
        }
      }
      const working = Promise.all(Array.from({ length: CONCURRENCY }, work));
      return () => {
        isOver = true;
        return working;
      };
    },
    async addRows(count) {
      await pool.query(
        "INSERT INTO inbox (id, body, meta, due_ms, state) SELECT gen_random_uuid()::text, '', '{}', 0, 'done' FROM generate_series(1, $1::integer)",
        [count],
      );
      await pool.query('VACUUM ANALYZE inbox');
    },
    close: () => pool.end(),
  };
}
