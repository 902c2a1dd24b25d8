import type { InboxState, InboxStore, InboxTarget } from '@showpad-webhooks/core/inbox';
import { type StoredNumber, seqOfUnreadable } from '@showpad-webhooks/core/store';
import type { Database } from './database.ts';
import { COLUMNS, type PostgresInboxRow, rowReader } from './inbox-row.ts';
import { whole, withName } from './shared.ts';

/** What an operator does with an inbox. */
type InboxOperations = Pick<
  InboxStore,
  'list' | 'counts' | 'retry' | 'discard' | 'erase' | 'addDone' | 'purge'
>;

/** A place in a list that is before every entry: `at_ms`, a colon and `seq`. */
const START = `${Number.MAX_SAFE_INTEGER}:0`;

export function createInboxOperations(
  { all, query, schema }: Database,
  inbox: string,
  keyOf: (id: string) => string,
): InboxOperations {
  const table = `${schema}.inbox`;

  /** The row of an event, with its body, or the one that is listed under this id because its own id cannot be read or was erased. */
  async function find(id: string): Promise<readonly PostgresInboxRow[]> {
    const select = `SELECT ${COLUMNS}, inbox.body FROM ${table} AS inbox`;
    const rows = await all<PostgresInboxRow>(`${select} WHERE key = $1`, [keyOf(id)]);
    const seq = seqOfUnreadable(id);
    if (rows.length > 0 || seq === undefined) return rows;
    const unreadable = await all<PostgresInboxRow>(`${select} WHERE inbox = $1 AND seq = $2`, [inbox, seq]);
    return unreadable.filter((row) => rowReader.toItem(row).id === id);
  }

  /** A query with three parameters for the keys of the rows to change, which it locks. Rows that are locked are left out. */
  async function rowsOf(
    target: InboxTarget,
    limit: number,
    more = 'true',
  ): Promise<{ readonly sql: string; readonly values: readonly unknown[] }> {
    if ('id' in target) {
      const [found] = await find(target.id);
      const sql = `SELECT key FROM ${table} WHERE inbox = $1 AND key = $2 AND ${more} LIMIT $3 FOR UPDATE`;
      return { sql, values: [inbox, found?.key, limit] };
    }
    const sql = `
      SELECT key FROM ${table} WHERE inbox = $1 AND state = $2 AND state IN ('done', 'dead') AND ${more}
      ORDER BY at_ms, seq LIMIT $3 FOR UPDATE SKIP LOCKED`;
    return { sql, values: [inbox, target.state, limit] };
  }

  async function remove(found: string, values: unknown[]): Promise<number> {
    const { rowCount } = await query(
      `WITH found AS MATERIALIZED (${found})
       DELETE FROM ${table} AS inbox USING found WHERE inbox.key = found.key AND inbox.state <> 'leased'`,
      values,
    );
    return rowCount ?? 0;
  }

  return {
    async list({ state = 'dead', id, limit = 100, cursor = START }) {
      if (id !== undefined) return { items: (await find(id)).map(rowReader.toItem), next: undefined };
      const [atMs = 0, seq = 0] = cursor.split(':').map(Number);
      // Postgres uses an index only if the query repeats its condition.
      const states = state === 'done' || state === 'dead' ? "'done', 'dead'" : "'pending', 'leased'";
      const rows = await all<PostgresInboxRow>(
        `SELECT ${COLUMNS} FROM ${table} AS inbox
         WHERE inbox = $1 AND state = $2 AND state IN (${states}) AND (at_ms, seq) < ($3, $4)
         ORDER BY at_ms DESC, seq DESC LIMIT $5`,
        [inbox, state, atMs, seq, limit + 1],
      );
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return { items: rows.slice(0, limit).map(rowReader.toItem), next: last && `${last.at_ms}:${last.seq}` };
    },

    async counts() {
      const counts = { pending: 0, leased: 0, done: 0, dead: 0 };
      const sql = `SELECT state, count(*) AS count FROM ${table} WHERE inbox = $1 GROUP BY state`;
      for (const { state, count } of await all<{ state: InboxState; count: StoredNumber }>(sql, [inbox])) {
        counts[state] = Number(count);
      }
      return counts;
    },

    async retry(target, { nowMs, limit }) {
      const { sql, values } = await rowsOf(target, limit, 'body IS NOT NULL');
      const { rowCount } = await query(
        `WITH found AS MATERIALIZED (${sql})
         UPDATE ${table} AS inbox
         SET state = 'pending', at_ms = $4, attempt = 0, generation = generation + 1,
           handlers = CASE state WHEN 'done' THEN '[]' ELSE handlers END
         FROM found WHERE inbox.key = found.key AND state IN ('dead', 'done')`,
        [...values, whole(nowMs)],
      );
      return rowCount ?? 0;
    },

    async discard(target, { limit }) {
      const { sql, values } = await rowsOf(target, limit);
      return remove(sql, [...values]);
    },

    async erase(id, { nowMs }) {
      const [row] = await find(id);
      if (!row) return undefined;
      const [found] = await all<Pick<PostgresInboxRow, 'state'>>(
        `WITH found AS MATERIALIZED (SELECT key, state FROM ${table} WHERE key = $1 FOR UPDATE), erased AS (
           UPDATE ${table} AS inbox SET state = 'done', at_ms = $2, error = NULL, failures = '[]', meta = $3, body = NULL
           FROM found WHERE inbox.key = found.key AND found.state <> 'leased'
         )
         SELECT state FROM found`,
        [row.key, whole(nowMs), rowReader.erasedMeta(row)],
      );
      return found?.state;
    },

    async addDone(id, handlerName) {
      const { rowCount } = await query(
        `UPDATE ${table} SET handlers = ${withName('$1')} WHERE key = $2 AND state IN ('done', 'dead')`,
        [JSON.stringify(handlerName), keyOf(id)],
      );
      return rowCount === 1;
    },

    purge({ state, beforeMs, limit }) {
      return remove(
        `SELECT key FROM ${table}
         WHERE inbox = $1 AND state = $2 AND state IN ('done', 'dead') AND at_ms < $3
         ORDER BY at_ms, seq LIMIT $4 FOR UPDATE SKIP LOCKED`,
        [inbox, state, whole(beforeMs), limit],
      );
    },
  };
}
