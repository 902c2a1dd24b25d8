import type { InboxState, InboxStore, InboxTarget } from '@showpad-webhooks/core/inbox';
import { type InboxRow, type StoredNumber, seqOfUnreadable } from '@showpad-webhooks/core/store';
import type { Connection } from './connection.ts';
import { LISTED_COLUMNS, rowReader, SHOWN_COLUMNS } from './inbox-row.ts';
import type { SqliteValue } from './sqlite-handle.ts';

/** What an operator does with an inbox. */
type InboxOperations = Pick<
  InboxStore,
  'list' | 'counts' | 'retry' | 'discard' | 'erase' | 'addDone' | 'purge'
>;

/** A query for the `seq` of some rows. */
interface RowQuery {
  readonly sql: string;
  readonly parameters: readonly SqliteValue[];
}

const HAS_BODY = 'seq IN (SELECT seq FROM showpad_inbox_body)';
/** A place in a list that is before every entry: `at_ms`, a colon and `seq`. */
const START = `${Number.MAX_SAFE_INTEGER}:0`;

export function createInboxOperations(
  { all, run, write }: Connection,
  inbox: string,
  keyOf: (id: string) => string,
): InboxOperations {
  function rowsOf(target: InboxTarget, limit: number, more = ''): RowQuery {
    if ('id' in target) {
      const [found] = find(target.id);
      return { sql: 'SELECT ? LIMIT ?', parameters: [found ? Number(found.seq) : null, limit] };
    }
    return {
      sql: `SELECT seq FROM showpad_inbox WHERE inbox = ? AND state = ? ${more} ORDER BY at_ms, seq LIMIT ?`,
      parameters: [inbox, target.state, limit],
    };
  }

  /** The row of an event, with its body, or the one that is listed under this id because its own id cannot be read or was erased. */
  function find(id: string): readonly InboxRow[] {
    const rows = all<InboxRow>(`SELECT ${SHOWN_COLUMNS} FROM showpad_inbox WHERE key = ?`, keyOf(id));
    const seq = seqOfUnreadable(id);
    if (rows.length > 0 || seq === undefined) return rows;
    return all<InboxRow>(
      `SELECT ${SHOWN_COLUMNS} FROM showpad_inbox WHERE inbox = ? AND seq = ?`,
      inbox,
      seq,
    ).filter((row) => rowReader.toItem(row).id === id);
  }

  return {
    list({ state = 'dead', id, limit = 100, cursor = START }) {
      if (id !== undefined) return { items: find(id).map(rowReader.toItem), next: undefined };
      const [atMs = 0, seq = 0] = cursor.split(':').map(Number);
      const rows = all<InboxRow>(
        `SELECT ${LISTED_COLUMNS} FROM showpad_inbox
         WHERE inbox = ? AND state = ? AND (at_ms, seq) < (?, ?)
         ORDER BY at_ms DESC, seq DESC LIMIT ?`,
        inbox,
        state,
        atMs,
        seq,
        limit + 1,
      );
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return { items: rows.slice(0, limit).map(rowReader.toItem), next: last && `${last.at_ms}:${last.seq}` };
    },

    counts() {
      const counts = { pending: 0, leased: 0, done: 0, dead: 0 };
      const rows = all<{ state: InboxState; count: StoredNumber }>(
        'SELECT state, count(*) AS count FROM showpad_inbox WHERE inbox = ? GROUP BY state',
        inbox,
      );
      for (const { state, count } of rows) counts[state] = Number(count);
      return counts;
    },

    retry(target, { nowMs, limit }) {
      const { sql, parameters } = rowsOf(target, limit, `AND ${HAS_BODY}`);
      return write(() =>
        run(
          `UPDATE showpad_inbox
           SET state = 'pending', at_ms = ?, attempt = 0, generation = generation + 1,
             handlers = CASE state WHEN 'done' THEN '[]' ELSE handlers END
           WHERE seq IN (${sql}) AND state IN ('dead', 'done') AND ${HAS_BODY}`,
          nowMs,
          ...parameters,
        ),
      );
    },

    discard(target, { limit }) {
      const { sql, parameters } = rowsOf(target, limit);
      return write(() =>
        run(
          `DELETE FROM showpad_inbox WHERE seq IN (${sql}) AND state IN ('pending', 'dead', 'done')`,
          ...parameters,
        ),
      );
    },

    erase(id, { nowMs }) {
      return write(() => {
        const [row] = find(id);
        if (!row || row.state === 'leased') return row?.state;
        const seq = Number(row.seq);
        const sql =
          "UPDATE showpad_inbox SET state = 'done', at_ms = ?, error = NULL, failures = '[]', meta = ? WHERE seq = ?";
        run(sql, nowMs, rowReader.erasedMeta(row), seq);
        run('DELETE FROM showpad_inbox_body WHERE seq = ?', seq);
        return row.state;
      });
    },

    addDone(id, handlerName) {
      const sql = `
        UPDATE showpad_inbox SET handlers = json_insert(handlers, '$[#]', json(?))
        WHERE key = ? AND state IN ('done', 'dead')`;
      return write(() => run(sql, JSON.stringify(handlerName), keyOf(id)) > 0);
    },

    purge({ state, beforeMs, limit }) {
      return write(() =>
        run(
          `DELETE FROM showpad_inbox WHERE seq IN (
             SELECT seq FROM showpad_inbox WHERE inbox = ? AND state = ? AND at_ms < ? ORDER BY at_ms, seq LIMIT ?
           )`,
          inbox,
          state,
          beforeMs,
          limit,
        ),
      );
    },
  };
}
