import type { SqliteHandle } from './sqlite-handle.ts';

/** Each migration brings the tables from the version of its index to the next one. Never change a released one: add another. */
const MIGRATIONS = [
  // A body has a row of its own, because an update of a row writes all of it again, and needs as much free room. Also, a row
  // that only shrinks keeps its room, because SQLite does not join half empty pages then. The values of `state` are not
  // checked, because that was a tenth of the cost of each write.
  `
  CREATE TABLE showpad_inbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    inbox TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL, -- pending, leased, done or dead
    at_ms INTEGER NOT NULL,
    fence INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0,
    generation INTEGER NOT NULL DEFAULT 0,
    body_digest INTEGER NOT NULL,
    handlers TEXT NOT NULL DEFAULT '[]',
    error TEXT,
    failures TEXT NOT NULL DEFAULT '[]',
    meta TEXT NOT NULL,
    body_bytes INTEGER NOT NULL
  );
  CREATE INDEX showpad_inbox_state ON showpad_inbox (inbox, state, at_ms, seq);
  CREATE TABLE showpad_inbox_body (
    seq INTEGER PRIMARY KEY,
    body BLOB NOT NULL
  );
  CREATE TRIGGER showpad_inbox_deleted AFTER DELETE ON showpad_inbox BEGIN
    DELETE FROM showpad_inbox_body WHERE seq = OLD.seq;
  END;
  CREATE TABLE showpad_ledger (
    key TEXT PRIMARY KEY,
    fence INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    body_digest INTEGER NOT NULL,
    state TEXT NOT NULL, -- claimed, released or completed
    until_ms INTEGER NOT NULL,
    handlers TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX showpad_ledger_until ON showpad_ledger (until_ms);
  ${createMarkDone('showpad_inbox', 'leased')}
  ${createMarkDone('showpad_ledger', 'claimed')}
  `,
];

/**
 * Creates the tables, or brings those of an older version up to date. Call this in a transaction.
 *
 * @throws Error if a newer version of this package made them.
 */
export function migrate(handle: SqliteHandle): void {
  handle.exec(`
    CREATE TABLE IF NOT EXISTS showpad_webhooks (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      version INTEGER NOT NULL,
      clock_offset_ms INTEGER NOT NULL,
      clock_ms INTEGER NOT NULL,
      boot_id TEXT NOT NULL
    )
  `);
  // The clock of the database begins at the time of day only because that is easy to read.
  handle.prepare("INSERT OR IGNORE INTO showpad_webhooks VALUES (1, 0, 0, ?, '')").run(Date.now());
  const [row] = handle.prepare('SELECT version FROM showpad_webhooks').all() as { version: number }[];
  const version = Number(row?.version);
  if (version > MIGRATIONS.length) {
    throw new Error(
      `The tables have version ${version}, and this version of @showpad-webhooks/sqlite supports versions up to ` +
        `${MIGRATIONS.length}. Upgrade the package, or use another file.`,
    );
  }
  for (const migration of MIGRATIONS.slice(version)) handle.exec(migration);
  handle.exec(`UPDATE showpad_webhooks SET version = ${MIGRATIONS.length}`);
}

/**
 * Checks that the tables are there and that this version of the package can use them, and changes nothing.
 *
 * @throws Error
 */
export function checkTables(handle: SqliteHandle): void {
  const [found] = handle.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'showpad_webhooks'").all();
  if (!found) throw new Error('This file has no tables of @showpad-webhooks/sqlite.');
  const [row] = handle.prepare('SELECT version FROM showpad_webhooks').all() as { version: number }[];
  const version = Number(row?.version);
  if (version === MIGRATIONS.length) return;
  throw new Error(
    `The tables have version ${version}, and this version of @showpad-webhooks/sqlite uses ${MIGRATIONS.length}. Use the ` +
      'version of the package that the app uses.',
  );
}

/**
 * An insert into this view records that a handler is done, in a transaction of the app. The insert fails if that must not be
 * recorded, so the app has no result to check.
 */
function createMarkDone(table: string, heldState: string): string {
  const held = `FROM ${table} AS held WHERE held.key = NEW.key AND held.fence = NEW.fence AND held.state = '${heldState}'`;
  return `
  CREATE VIEW ${table}_done AS SELECT key, fence, handlers AS handler FROM ${table};
  CREATE TRIGGER ${table}_mark_done INSTEAD OF INSERT ON ${table}_done BEGIN
    SELECT RAISE(ABORT, 'Another process has taken this event over, or the handler had ended, so nothing must be committed.')
      WHERE NOT EXISTS (SELECT 1 ${held});
    SELECT RAISE(ABORT, 'This handler counts as done already, so nothing must be committed. Commit once in a handler, and wait for it.')
      WHERE json_extract(NEW.handler, '$') IN (SELECT value FROM json_each((SELECT held.handlers ${held})));
    UPDATE ${table} SET handlers = json_insert(handlers, '$[#]', json(NEW.handler)) WHERE key = NEW.key;
  END;`;
}
