import type { SharedSpace, ShowpadEvent, ShowpadUser } from '@showpad-webhooks/koa';
import Database from 'libsql';

export interface Stats {
  readonly byType: readonly { type: string; events: number; lastAt: string }[];
  readonly byDay: readonly { day: string; type: string; events: number }[];
  readonly mostJoined: readonly { sharedSpaceId: string; name: string; users: number }[];
}

export interface Analytics {
  /** Counts an event, unless its id was counted before, also by another process or before a restart. */
  record(event: ShowpadEvent, receivedAt: Date): void;
  stats(): Stats;
  close(): void;
}

// It stores ids, and no names or addresses of people. That is enough for counting, and leaves less to protect.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    at TEXT NOT NULL,
    shared_space_id TEXT,
    user_id TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS daily_counts (
    day TEXT NOT NULL,
    type TEXT NOT NULL,
    events INTEGER NOT NULL,
    last_at TEXT NOT NULL,
    PRIMARY KEY (day, type)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS shared_spaces (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT;
`;

/**
 * libsql is SQLite for every version of Node. From 22.13, `new DatabaseSync(file)` of `node:sqlite` can replace it here.
 *
 * @param file is created if it does not exist.
 */
export function openAnalytics(file: string): Analytics {
  const database = new Database(file);
  database.exec('PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec(SCHEMA);
  // OR IGNORE would also drop a row that breaks any other rule.
  const insertEvent = database.prepare(
    'INSERT INTO events VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
  );
  const count = database.prepare(
    `INSERT INTO daily_counts VALUES (?, ?, 1, ?)
     ON CONFLICT DO UPDATE SET events = events + 1, last_at = max(last_at, excluded.last_at)`,
  );
  const nameSpace = database.prepare(
    'INSERT INTO shared_spaces VALUES (?, ?) ON CONFLICT DO UPDATE SET name = excluded.name',
  );

  /** Does all of the work or nothing, so that an event in `events` is also counted, once. */
  function transaction(work: () => void): void {
    database.exec('BEGIN IMMEDIATE');
    try {
      work();
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }

  return {
    record(event, receivedAt) {
      const at = (event.date ?? receivedAt).toISOString(); // The time that Showpad sends may not be a date.
      const { sharedSpace, user } = subjectsOf(event);
      const [spaceId, name, userId] = [sharedSpace?.id, sharedSpace?.name, user?.userId].map(textOf);
      transaction(() => {
        const { changes } = insertEvent.run(event.id, event.type, at, spaceId, userId);
        if (changes === 0) return;
        count.run(at.slice(0, 10), event.type, at);
        if (spaceId && name) nameSpace.run(spaceId, name);
      });
    },

    stats() {
      const rows = (sql: string) => database.prepare(sql).all() as never;
      return {
        byType: rows(
          `SELECT type, sum(events) AS events, max(last_at) AS lastAt FROM daily_counts
           GROUP BY type ORDER BY events DESC, type`,
        ),
        byDay: rows('SELECT day, type, events FROM daily_counts ORDER BY day DESC, type LIMIT 100'),
        mostJoined: rows(
          `SELECT shared_space_id AS sharedSpaceId, name, count(DISTINCT user_id) AS users
           FROM events JOIN shared_spaces ON shared_spaces.id = shared_space_id
           WHERE type = 'shared-space-user-added' GROUP BY shared_space_id ORDER BY users DESC, name LIMIT 10`,
        ),
      };
    },

    close() {
      database.close();
    },
  };
}

/** Tells what and whom an event is about, as far as the payload of its type is known. */
function subjectsOf(event: ShowpadEvent): {
  readonly sharedSpace?: Partial<SharedSpace> | undefined;
  readonly user?: Partial<ShowpadUser> | undefined;
} {
  switch (event.type) {
    case 'shared-space-user-added':
      return { sharedSpace: event.data.sharedSpace, user: event.data.invitee };
    case 'shared-space-created':
      return { sharedSpace: event.data.sharedSpace, user: event.data.creator };
    case 'COURSE_COMPLETED':
      return { user: event.data.user };
    default:
      return {};
  }
}

/** Most payloads are inferred, so a field may be missing or have any type. */
function textOf(field: unknown): string | null {
  return typeof field === 'string' ? field : null;
}
