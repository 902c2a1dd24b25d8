import type { InboxEntry, InboxStore } from '@showpad-webhooks/core/inbox';
import { type InboxRow, keyTextOf, newFence, storedMeta } from '@showpad-webhooks/core/store';
import type { Connection } from './connection.ts';
import { createInboxOperations } from './inbox-operations.ts';
import { CLAIMED_COLUMNS, rowReader } from './inbox-row.ts';
import { MARK_DONE, markDoneSql, type TransactionalStore } from './mark-done.ts';
import type { SqliteValue } from './sqlite-handle.ts';

/** What an entry is when it is inserted. */
interface Start {
  readonly state: 'pending' | 'leased' | 'dead';
  readonly atMs: number;
  readonly fence: number;
  readonly attempt: number;
}

/** Selects the entry that a holder has, by its key and its fence. */
const HELD = "key = ? AND fence = ? AND state = 'leased'";

/** One inbox of those in a database. */
export function createSqliteInboxStore(
  connection: Connection,
  inbox: string,
): InboxStore & TransactionalStore {
  const { all, run, addRow, write, writeNew } = connection;
  const keyOf = (id: string) => keyTextOf(`${inbox}:${id}`);

  /** Selects the entries that wait, in both of their states and in the order in which they are due. */
  function waiting(before: string, limit: number, parameters: readonly SqliteValue[]) {
    const from = (state: string) =>
      `SELECT seq, at_ms FROM showpad_inbox
       WHERE inbox = ? AND state = '${state}' ${before} AND key NOT IN (SELECT value FROM json_each(?))`;
    return all<Pick<InboxRow, 'seq' | 'at_ms'>>(
      `${from('pending')} UNION ALL ${from('leased')} ORDER BY at_ms, seq LIMIT ?`,
      inbox,
      ...parameters,
      inbox,
      ...parameters,
      limit,
    );
  }

  const keysOf = (ids: readonly string[]) => JSON.stringify(ids.map(keyOf));

  /** Adds a row, unless there is one with this key. Then it says whether that one has another body. */
  function insert(entry: InboxEntry, { state, atMs, fence, attempt }: Start) {
    const key = keyOf(entry.id);
    const body = Buffer.from(entry.body.buffer, entry.body.byteOffset, entry.body.byteLength);
    connection.checkRoom(body.byteLength);
    const seq = addRow(
      `INSERT INTO showpad_inbox (inbox, key, state, at_ms, fence, attempt, body_digest, meta, error, body_bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (key) DO NOTHING`,
      inbox,
      key,
      state,
      atMs,
      fence,
      attempt,
      entry.bodyDigest,
      storedMeta(entry),
      entry.error ? JSON.stringify(entry.error) : null,
      body.byteLength,
    );
    if (seq !== undefined) {
      run('INSERT INTO showpad_inbox_body VALUES (?, ?)', seq, body);
      return undefined;
    }
    const [kept] = all<InboxRow>('SELECT body_digest FROM showpad_inbox WHERE key = ?', key);
    return { isConflict: Number(kept?.body_digest) !== entry.bodyDigest };
  }

  return {
    ...createInboxOperations(connection, inbox, keyOf),

    put: (entry, { nowMs }) =>
      writeNew(() => {
        const state = entry.error ? 'dead' : 'pending';
        return insert(entry, { state, atMs: nowMs, fence: 0, attempt: 0 }) ?? 'stored';
      }),

    putClaimed: (entry, { nowMs, leaseMs }) =>
      writeNew(() => {
        const fence = newFence();
        return insert(entry, { state: 'leased', atMs: nowMs + leaseMs, fence, attempt: 1 }) ?? { fence };
      }),

    async claim({ limit, leaseMs, nowMs, exceptIds }) {
      const parameters = [nowMs, keysOf(exceptIds)];
      const dueRows = () => waiting('AND at_ms <= ?', limit, parameters);
      // A look takes no lock, so an inbox with nothing to do does not disturb other processes.
      if (dueRows().length === 0) return [];
      return write(() => {
        const due = dueRows().map(({ seq }) => Number(seq));
        const place = ({ seq }: InboxRow) => due.indexOf(Number(seq));
        return all<InboxRow>(
          `UPDATE showpad_inbox SET state = 'leased', at_ms = ?, fence = ?, attempt = attempt + 1
           WHERE seq IN (SELECT value FROM json_each(?))
           RETURNING ${CLAIMED_COLUMNS}`,
          nowMs + leaseMs,
          newFence(),
          JSON.stringify(due),
        )
          .sort((one, other) => place(one) - place(other))
          .flatMap((row) => readOrSetAside(row, nowMs));
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
      const failures = outcome.state === 'done' ? null : JSON.stringify(outcome.failures);
      const isBodyDone = outcome.state === 'done' && !outcome.keepBody;
      const key = keyOf(id);
      return write(() => {
        // This comes first, so that a full database has room for the rest.
        if (isBodyDone) {
          run(
            `DELETE FROM showpad_inbox_body WHERE seq = (SELECT seq FROM showpad_inbox WHERE ${HELD})`,
            key,
            fence,
          );
        }
        const settled = run(
          `UPDATE showpad_inbox SET state = ?, at_ms = ?, error = ?, failures = coalesce(?, failures) WHERE ${HELD}`,
          outcome.state,
          atMs,
          error,
          failures,
          key,
          fence,
        );
        return settled > 0;
      });
    },

    nextDueMs({ exceptIds }) {
      const [next] = waiting('', 1, [keysOf(exceptIds)]);
      return next && Number(next.at_ms);
    },

    bringForward({ state, afterMs, toMs, limit }) {
      const found =
        'FROM showpad_inbox WHERE inbox = ? AND state = ? AND at_ms > ? ORDER BY at_ms, seq LIMIT ?';
      if (all(`SELECT seq ${found}`, inbox, state, afterMs, 1).length === 0) return 0;
      return write(() =>
        run(
          `UPDATE showpad_inbox SET at_ms = ? WHERE seq IN (SELECT seq ${found})`,
          toMs,
          inbox,
          state,
          afterMs,
          limit,
        ),
      );
    },

    health: () => connection.health(),
    close: () => connection.close(),

    [MARK_DONE]: ({ key, fence }, handlerName) =>
      markDoneSql('showpad_inbox_done', keyOf(key), fence, handlerName),
  };

  /** A row that cannot be read becomes dead, so that it does not stop the others. */
  function readOrSetAside(row: InboxRow, nowMs: number) {
    try {
      return [rowReader.toClaimed(row)];
    } catch (reason) {
      const error = JSON.stringify(rowReader.unreadableError(reason));
      const sql = "UPDATE showpad_inbox SET state = 'dead', at_ms = ?, error = ? WHERE seq = ?";
      run(sql, nowMs, error, Number(row.seq));
      return [];
    }
  }
}
