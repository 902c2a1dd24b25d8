import type { InboxStore } from '@showpad-webhooks/core/inbox';
import type { Connection } from './connection.ts';
import { createInboxOperations } from './inbox-operations.ts';
import { COLUMNS, metaOf, type Row, toClaimed } from './inbox-row.ts';
import { keyTextOf } from './key.ts';

/** Selects the entry that a holder has, by its key and its fence. */
const HELD = "key = ? AND fence = ? AND state = 'leased'";

/** One inbox of those in a database. */
export function createSqliteInboxStore(connection: Connection, inbox: string): InboxStore {
  const { all, run, write } = connection;
  const keyOf = (id: string) => keyTextOf(`${inbox}:${id}`);

  function dueRows(limit: number, nowMs: number): readonly Pick<Row, 'seq'>[] {
    return all(
      `SELECT seq, at_ms FROM showpad_inbox WHERE inbox = ? AND state = 'pending' AND at_ms <= ?
       UNION ALL
       SELECT seq, at_ms FROM showpad_inbox WHERE inbox = ? AND state = 'leased' AND at_ms <= ?
       ORDER BY at_ms, seq LIMIT ?`,
      inbox,
      nowMs,
      inbox,
      nowMs,
      limit,
    );
  }

  /** Returns the first of `count` numbers that no entry has had. */
  function takeFences(count: number): number {
    const [row] = all<Pick<Row, 'fence'>>(
      'UPDATE showpad_webhooks SET fence = fence + ? RETURNING fence',
      count,
    );
    return Number(row?.fence) - count + 1;
  }

  return {
    ...createInboxOperations(connection, inbox, keyOf),

    put(entry) {
      const key = keyOf(entry.id);
      const meta = metaOf(entry);
      const error = entry.error ? JSON.stringify(entry.error) : null;
      const body = Buffer.from(entry.body.buffer, entry.body.byteOffset, entry.body.byteLength);
      return write(() => {
        const stored = run(
          `INSERT INTO showpad_inbox (inbox, key, state, at_ms, body_digest, meta, error, body)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (key) DO NOTHING`,
          inbox,
          key,
          entry.error ? 'dead' : 'pending',
          entry.receivedAtMs,
          entry.bodyDigest,
          meta,
          error,
          body,
        );
        if (stored > 0) return 'stored';
        const [kept] = all<Row>('SELECT body_digest FROM showpad_inbox WHERE key = ?', key);
        return { isConflict: Number(kept?.body_digest) !== entry.bodyDigest };
      });
    },

    async claim({ limit, leaseMs, nowMs }) {
      // A look takes no lock, so an inbox with nothing to do does not disturb other processes.
      if (dueRows(limit, nowMs).length === 0) return [];
      return write(() => {
        const due = dueRows(limit, nowMs);
        const firstFence = takeFences(due.length);
        return due.flatMap(({ seq }, index) => {
          const rows = all<Row>(
            `UPDATE showpad_inbox SET state = 'leased', at_ms = ?, fence = ?, attempt = attempt + 1
             WHERE seq = ?
             RETURNING ${COLUMNS}, body`,
            nowMs + leaseMs,
            firstFence + index,
            Number(seq),
          );
          return rows.map(toClaimed);
        });
      });
    },

    checkpoint({ id, fence }, { handlerName, leaseMs, nowMs }) {
      const key = keyOf(id);
      return write(() => {
        const renewed = run(`UPDATE showpad_inbox SET at_ms = ? WHERE ${HELD}`, nowMs + leaseMs, key, fence);
        if (renewed === 0) return false;
        if (handlerName !== undefined) {
          run(
            "UPDATE showpad_inbox SET handlers = json_insert(handlers, '$[#]', json(?)) WHERE key = ?",
            JSON.stringify(handlerName),
            key,
          );
        }
        return true;
      });
    },

    settle({ id, fence }, outcome) {
      const atMs = outcome.state === 'pending' ? outcome.dueMs : outcome.nowMs;
      const error = outcome.state === 'done' ? null : JSON.stringify(outcome.error);
      return write(() => {
        const settled = run(
          `UPDATE showpad_inbox SET state = ?, at_ms = ?, error = ? WHERE ${HELD}`,
          outcome.state,
          atMs,
          error,
          keyOf(id),
          fence,
        );
        return settled > 0;
      });
    },

    nextDueMs() {
      const [next] = all<Pick<Row, 'at_ms'>>(
        `SELECT at_ms FROM showpad_inbox WHERE inbox = ? AND state = 'pending'
         UNION ALL
         SELECT at_ms FROM showpad_inbox WHERE inbox = ? AND state = 'leased'
         ORDER BY at_ms LIMIT 1`,
        inbox,
        inbox,
      );
      return next && Number(next.at_ms);
    },

    problems: () => connection.problems(),
    close: () => connection.close(),
  };
}
