import type { InboxCounts, InboxEntry, InboxItem, InboxState, InboxTarget } from '@showpad-webhooks/core';
import type { ClaimedEntry, InboxStore } from '@showpad-webhooks/core/inbox';
import { hashText } from '@showpad-webhooks/core/node';
import type { Connection } from './connection.ts';

interface Row {
  readonly seq: number | bigint;
  readonly state: InboxState;
  readonly at_ms: number | bigint;
  readonly fence: number | bigint;
  readonly attempt: number | bigint;
  readonly generation: number | bigint;
  readonly body_digest: number | bigint;
  readonly handlers: string;
  readonly error: string | null;
  readonly meta: string;
  readonly body: Uint8Array | ArrayBuffer | null;
  readonly body_bytes: number | bigint;
}

/** What is kept as JSON, which escapes what SQLite's text can't hold: NUL, and halves of surrogate pairs. */
type Meta = Pick<
  InboxEntry,
  'id' | 'type' | 'method' | 'url' | 'headers' | 'timestampSeconds' | 'keyLabel' | 'receivedAtMs'
>;

const COLUMNS = 'seq, state, at_ms, fence, attempt, generation, body_digest, handlers, error, meta';
const WAITING = ['pending', 'leased'] as const;

/** One inbox among those of a database. */
export function createSqliteInboxStore(connection: Connection, inbox: string): InboxStore {
  const { all, run, write } = connection;
  const keyOf = (id: string) => keyTextOf(`${inbox}:${id}`);

  /** The next of a state: by time and, of the same time, in the order they came. */
  const next = (state: InboxState, limit: number, columns = 'seq') =>
    all<Row>(
      `SELECT ${columns} FROM showpad_inbox WHERE inbox = ? AND state = ? ORDER BY at_ms, seq LIMIT ?`,
      ...[inbox, state, limit],
    );

  /** The condition that selects what a target means, as far as it is in one of these states. */
  function where(
    target: InboxTarget,
    states: string,
    limit: number,
  ): readonly [string, ...(string | number)[]] {
    if ('id' in target) return [`key = ? AND state IN (${states}) AND ? > 0`, keyOf(target.id), limit];
    return [
      'seq IN (SELECT seq FROM showpad_inbox WHERE inbox = ? AND state = ? ORDER BY at_ms, seq LIMIT ?)',
      ...[inbox, target.state, limit],
    ];
  }

  return {
    put(entry) {
      const { id, type, method, url, headers, timestampSeconds, keyLabel, receivedAtMs, body, error } = entry;
      const meta: Meta = { id, type, method, url, headers, timestampSeconds, keyLabel, receivedAtMs };
      const key = keyOf(id);
      const row = [
        ...[inbox, key, error ? 'dead' : 'pending', receivedAtMs, entry.bodyDigest],
        ...[JSON.stringify(meta), error ? JSON.stringify(error) : null],
        Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      ] as const;
      return write(() => {
        const stored = run(
          `INSERT INTO showpad_inbox (inbox, key, state, at_ms, body_digest, meta, error, body)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
          ...row,
        );
        if (stored > 0) return 'stored';
        const [kept] = all<Row>('SELECT body_digest FROM showpad_inbox WHERE key = ?', key);
        return { isConflict: Number(kept?.body_digest) !== entry.bodyDigest };
      });
    },

    async claim({ limit, leaseMs, nowMs }) {
      const due = () =>
        WAITING.flatMap((state) => next(state, limit, 'seq, at_ms'))
          .filter(({ at_ms }) => Number(at_ms) <= nowMs)
          .sort(
            (one, other) => Number(one.at_ms) - Number(other.at_ms) || Number(one.seq) - Number(other.seq),
          )
          .slice(0, limit);
      if (due().length === 0) return []; // Nothing to write, so nobody need wait for the lock.
      return write(() => {
        const taken = due();
        const [last] = all<{ fence: number | bigint }>(
          'UPDATE showpad_webhooks SET fence = fence + ? RETURNING fence',
          taken.length,
        );
        const firstFence = Number(last?.fence) - taken.length + 1;
        return taken.flatMap(({ seq }, index) =>
          all<Row>(
            `UPDATE showpad_inbox SET state = 'leased', at_ms = ?, fence = ?, attempt = attempt + 1
             WHERE seq = ? RETURNING ${COLUMNS}, body`,
            ...[nowMs + leaseMs, firstFence + index, Number(seq)],
          ).map(toClaimed),
        );
      });
    },

    checkpoint({ id, fence }, { handler, leaseMs, nowMs }) {
      const set = handler === undefined ? '' : ", handlers = json_insert(handlers, '$[#]', json(?))";
      const handlers = handler === undefined ? [] : [JSON.stringify(handler)];
      return write(
        () =>
          run(
            `UPDATE showpad_inbox SET at_ms = ?${set} WHERE key = ? AND fence = ? AND state = 'leased'`,
            ...[nowMs + leaseMs, ...handlers, keyOf(id), fence],
          ) > 0,
      );
    },

    settle({ id, fence }, outcome) {
      const atMs = outcome.state === 'pending' ? outcome.dueMs : outcome.nowMs;
      const error = outcome.state === 'done' ? null : JSON.stringify(outcome.error);
      return write(
        () =>
          run(
            `UPDATE showpad_inbox SET state = ?, at_ms = ?, error = ?
             WHERE key = ? AND fence = ? AND state = 'leased'`,
            ...[outcome.state, atMs, error, keyOf(id), fence],
          ) > 0,
      );
    },

    nextDueMs() {
      const due = WAITING.flatMap((state) => next(state, 1, 'at_ms')).map(({ at_ms }) => Number(at_ms));
      return due.length > 0 ? Math.min(...due) : undefined;
    },

    list({ state = 'dead', id, limit = 100, cursor }) {
      if (id !== undefined) {
        const found = all<Row>(
          `SELECT ${COLUMNS}, body, length(body) AS body_bytes FROM showpad_inbox WHERE key = ?`,
          keyOf(id),
        );
        return { items: found.map(toItem), next: undefined };
      }
      const rows = all<Row>(
        `SELECT ${COLUMNS}, length(body) AS body_bytes FROM showpad_inbox
         WHERE inbox = ? AND state = ? ${cursor ? `AND (at_ms, seq) < (?, ?)` : ''}
         ORDER BY at_ms DESC, seq DESC LIMIT ?`,
        ...[inbox, state, ...(cursor ? cursor.split(':').map(Number) : []), limit + 1],
      );
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return { items: rows.slice(0, limit).map(toItem), next: last && `${last.at_ms}:${last.seq}` };
    },

    counts() {
      const rows = all<{ state: InboxState; count: number | bigint }>(
        'SELECT state, count(*) AS count FROM showpad_inbox WHERE inbox = ? GROUP BY state',
        inbox,
      );
      const counts: InboxCounts = { pending: 0, leased: 0, done: 0, dead: 0 };
      return Object.assign(
        counts,
        Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)])),
      );
    },

    retry(target, { nowMs, limit }) {
      const [condition, ...parameters] = where(target, "'dead', 'done'", limit);
      return write(() =>
        run(
          `UPDATE showpad_inbox SET state = 'pending', at_ms = ?, attempt = 0, generation = generation + 1,
             handlers = CASE state WHEN 'done' THEN '[]' ELSE handlers END WHERE ${condition}`,
          ...[nowMs, ...parameters],
        ),
      );
    },

    discard(target, { limit }) {
      const [condition, ...parameters] = where(target, "'pending', 'dead', 'done'", limit);
      return write(() => run(`DELETE FROM showpad_inbox WHERE ${condition}`, ...parameters));
    },

    purge({ state, beforeMs, limit }) {
      return write(() =>
        run(
          `DELETE FROM showpad_inbox WHERE seq IN (SELECT seq FROM showpad_inbox
             WHERE inbox = ? AND state = ? AND at_ms < ? ORDER BY at_ms, seq LIMIT ?)`,
          ...[inbox, state, beforeMs, limit],
        ),
      );
    },

    problems: () => connection.problems(),
    close: () => connection.close(),
  };
}

/** 128 bits, since every put looks one up in an index that had better be small. */
export function keyTextOf(text: string): string {
  return hashText(text).toString('base64', 0, 16);
}

function toEntry(row: Row): Omit<InboxEntry, 'body'> {
  const { id, type, method, url, headers, timestampSeconds, keyLabel, receivedAtMs }: Meta = JSON.parse(
    row.meta,
  );
  return {
    ...{ id, type, method, url, headers, timestampSeconds, keyLabel, receivedAtMs },
    bodyDigest: Number(row.body_digest),
    error: row.error === null ? undefined : JSON.parse(row.error),
  };
}

function toClaimed(row: Row): ClaimedEntry {
  return {
    ...toEntry(row),
    body: toBytes(row.body),
    fence: Number(row.fence),
    attempt: Number(row.attempt),
    done: JSON.parse(row.handlers),
  };
}

function toItem(row: Row): InboxItem {
  return {
    ...toEntry(row),
    ...(row.body !== undefined && { body: toBytes(row.body) }),
    bodyBytes: Number(row.body_bytes),
    state: row.state,
    attempt: Number(row.attempt),
    generation: Number(row.generation),
    done: JSON.parse(row.handlers),
    atMs: Number(row.at_ms),
  };
}

/** libsql gives an ArrayBuffer, better-sqlite3 a Buffer, node:sqlite a Uint8Array. */
function toBytes(value: Row['body']): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(value ?? new ArrayBuffer(0));
}
