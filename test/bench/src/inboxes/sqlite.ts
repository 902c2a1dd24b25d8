import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import Database from 'libsql';
import { type Candidate, type Engine, FLOOR, fromInbox, OURS } from './candidate.ts';
import { createFloor, type FloorStore, type Row, type Taken } from './floor.ts';
import { importFrom, mapValues } from './import-from.ts';

export const sqlite: Engine = {
  name: 'SQLite',
  isInstalled: () => true,
  async start(checkouts) {
    const others = await importFrom('@showpad-webhooks/sqlite', checkouts);
    const folder = mkdtempSync(join(tmpdir(), 'showpad-bench-'));
    let files = 0;
    const newFile = () => join(folder, `${files++}.db`);
    return {
      serverPid: undefined,
      candidates: {
        [OURS]: () => openOurs(createSqliteInbox, newFile()),
        ...mapValues(
          others,
          ({ createSqliteInbox }) =>
            () =>
              openOurs(createSqliteInbox, newFile()),
        ),
        [FLOOR]: async () => openFloor(newFile()),
      },
      remove: async () => rmSync(folder, { recursive: true }),
    };
  },
};

async function openOurs(create: typeof createSqliteInbox, file: string): Promise<Candidate> {
  const inbox = create({ file });
  const database = new Database(file);
  return {
    ...(await fromInbox(inbox)),
    bytesPerEvent: async () => bytesPerRow(database, ['showpad_inbox', 'showpad_inbox_body']),
    addRows: async (count) => addRows(database, 'showpad_inbox', count),
    async close() {
      await inbox.close({ timeoutMs: 1_000 });
      database.close();
    },
  };
}

/** The columns and the indexes are those of the package, but the body is in the row. */
const CREATE_TABLE = `
  CREATE TABLE inbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    inbox TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    fence INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0,
    generation INTEGER NOT NULL DEFAULT 0,
    body_digest INTEGER NOT NULL,
    handlers TEXT NOT NULL DEFAULT '[]',
    error TEXT,
    failures TEXT NOT NULL DEFAULT '[]',
    meta TEXT NOT NULL,
    body_bytes INTEGER NOT NULL,
    body BLOB
  );
  CREATE INDEX inbox_state ON inbox (inbox, state, at_ms, seq);`;

export function openFloor(file: string): Candidate {
  const database = new Database(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec(CREATE_TABLE);
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const insert = database.prepare(
    `INSERT INTO inbox (inbox, key, state, at_ms, body_digest, meta, body_bytes, body)
     VALUES ('default', ?, 'pending', ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
  );
  const take = database.prepare(
    `UPDATE inbox SET state = 'leased' WHERE seq IN
       (SELECT seq FROM inbox WHERE inbox = 'default' AND state = 'pending' ORDER BY at_ms, seq LIMIT ?)
     RETURNING key, meta, body`,
  );
  const finish = database.prepare("UPDATE inbox SET state = 'done', body = NULL WHERE key = ?");

  function inTransaction(run: () => void): void {
    begin.run();
    run();
    commit.run();
  }

  const store: FloorStore = {
    insert: async (rows: readonly Row[]) =>
      inTransaction(() => {
        for (const { key, entry, meta } of rows) {
          const { receivedAtMs, bodyDigest, body } = entry;
          insert.run(key, receivedAtMs, bodyDigest, meta, body.byteLength, body);
        }
      }),
    take: async (limit) => take.all(limit) as Taken[],
    finish: async (taken) =>
      inTransaction(() => {
        for (const { key } of taken) finish.run(key);
      }),
    bytesPerEvent: async () => bytesPerRow(database, ['inbox']),
    addRows: async (count) => addRows(database, 'inbox', count),
    close: async () => void database.close(),
  };
  return createFloor(store);
}

/** Adds up the texts and blobs of a row of the first table, and of its rows in the others. */
function bytesPerRow(database: Database.Database, tables: readonly string[]): number {
  const sums = tables.map((table) => {
    const columns = database.prepare(`PRAGMA table_info(${table})`).all() as { readonly name: string }[];
    const bytes = columns.map(
      ({ name }) => `iif(typeof(${name}) IN ('text', 'blob'), length(CAST(${name} AS BLOB)), 0)`,
    );
    return `(SELECT sum(${bytes.join(' + ')}) FROM ${table})`;
  });
  const sql = `SELECT 1.0 * (${sums.join(' + ')}) / (SELECT count(*) FROM ${tables[0]}) AS bytes`;
  const [row] = database.prepare(sql).all() as { readonly bytes: number }[];
  return row?.bytes ?? Number.NaN;
}

/** Keys are as long as those of the package, and as random. */
function addRows(database: Database.Database, table: string, count: number): void {
  database.exec(`
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${count})
    INSERT INTO ${table} (inbox, key, state, at_ms, body_digest, meta, body_bytes)
    SELECT 'default', hex(randomblob(11)), 'done', ${Date.now()}, 1, '{"id":"x","headers":{}}', 0 FROM number`);
}
