import type { ClaimedEntry, InboxEntry, InboxStore } from '@showpad-webhooks/core/inbox';
import { createLatestPut, keyTextOf, newFence, type StoredNumber } from '@showpad-webhooks/core/store';
import type { Database } from './database.ts';
import { findProblems } from './durability.ts';
import { createInboxOperations } from './inbox-operations.ts';
import { COLUMNS, type PostgresInboxRow, rowReader } from './inbox-row.ts';
import type { Start } from './insert-entries.ts';
import { createNotifications } from './notifications.ts';
import { createPutBatches } from './put-batches.ts';
import { whole, withName } from './shared.ts';
import { markDoneSql, TRANSACTIONS, type TransactionalStore } from './transactional-store.ts';

/** Selects the entry that a holder has, by its key and its fence. */
const HELD = "key = $1 AND fence = $2 AND state = 'leased'";
/** The index of the entries that wait has this condition. */
const WAITING = "inbox = $1 AND state IN ('pending', 'leased')";

/** One inbox of those in a database. */
export function createPostgresInboxStore(
  database: Database,
  inbox: string,
): InboxStore & Required<Pick<InboxStore, 'listen'>> & TransactionalStore {
  const { all, query, schema } = database;
  const table = `${schema}.inbox`;
  const keyOf = (id: string) => keyTextOf(`${inbox}:${id}`);
  const keysOf = (ids: readonly string[]) => ids.map(keyOf);
  const puts = createPutBatches(database, inbox);
  const notifications = createNotifications(database, inbox);
  const operations = createInboxOperations(database, inbox, keyOf);
  const latestPut = createLatestPut();

  /** A row that cannot be read becomes dead, so that it does not stop the others. */
  async function readOrSetAside(row: PostgresInboxRow, nowMs: number): Promise<readonly ClaimedEntry[]> {
    try {
      return [rowReader.toClaimed(row)];
    } catch (reason) {
      const error = JSON.stringify(rowReader.unreadableError(reason));
      await query(`UPDATE ${table} SET state = 'dead', at_ms = $3, error = $4 WHERE ${HELD}`, [
        row.key,
        Number(row.fence),
        whole(nowMs),
        error,
      ]);
      return [];
    }
  }

  async function add(entry: InboxEntry, start: Start) {
    try {
      const result = await puts.put({ key: keyOf(entry.id), entry, start });
      latestPut.succeeded();
      return result;
    } catch (error) {
      latestPut.failed(error);
      throw error;
    }
  }

  return {
    ...operations,

    async put(entry, { nowMs }) {
      const state = entry.error ? 'dead' : 'pending';
      const result = await add(entry, { state, atMs: nowMs, fence: 0, attempt: 0 });
      if (result === 'stored' && !entry.error) notifications.notify();
      return result;
    },

    async putClaimed(entry, { nowMs, leaseMs }) {
      const fence = newFence();
      const result = await add(entry, { state: 'leased', atMs: nowMs + leaseMs, fence, attempt: 1 });
      return result === 'stored' ? { fence } : result;
    },

    async claim({ limit, leaseMs, nowMs, exceptIds }) {
      await database.ready();
      // If nothing is due, this changes nothing and takes no lock.
      const rows = await all<PostgresInboxRow>(
        `WITH due AS MATERIALIZED (
           SELECT key, at_ms FROM ${table} WHERE ${WAITING} AND at_ms <= $2 AND key <> ALL ($3::text[])
           ORDER BY at_ms, seq LIMIT $4 FOR UPDATE SKIP LOCKED
         ), leased AS (
           UPDATE ${table} AS inbox SET state = 'leased', at_ms = $5, fence = $6, attempt = attempt + 1
           FROM due WHERE inbox.key = due.key
           RETURNING ${COLUMNS}, inbox.body, due.at_ms AS due_ms
         )
         SELECT * FROM leased ORDER BY due_ms, seq`,
        [inbox, whole(nowMs), keysOf(exceptIds), limit, whole(nowMs + leaseMs), newFence()],
      );
      return (await Promise.all(rows.map((row) => readOrSetAside(row, nowMs)))).flat();
    },

    async checkpoint({ id, fence }, { handlerName, leaseMs, nowMs }) {
      const values = [keyOf(id), fence, whole(nowMs + leaseMs)];
      const isNamed = handlerName !== undefined;
      const set = isNamed ? `at_ms = $3, handlers = ${withName('$4')}` : 'at_ms = $3';
      const { rowCount } = await query(
        `UPDATE ${table} SET ${set} WHERE ${HELD}`,
        isNamed ? [...values, JSON.stringify(handlerName)] : values,
      );
      return rowCount === 1;
    },

    async settle({ id, fence }, outcome) {
      const atMs = outcome.state === 'pending' ? outcome.dueMs : outcome.nowMs;
      const error = outcome.state === 'done' ? null : JSON.stringify(outcome.error);
      const failures = outcome.state === 'done' ? null : JSON.stringify(outcome.failures);
      const isBodyDone = outcome.state === 'done' && !outcome.keepBody;
      const body = isBodyDone ? 'NULL' : 'body';
      const { rowCount } = await query(
        `UPDATE ${table} SET state = $3, at_ms = $4, error = $5, failures = coalesce($6, failures), body = ${body}
         WHERE ${HELD}`,
        [keyOf(id), fence, outcome.state, whole(atMs), error, failures],
      );
      return rowCount === 1;
    },

    async nextDueMs({ exceptIds }) {
      await database.ready();
      const [next] = await all<{ at_ms: StoredNumber }>(
        `SELECT at_ms FROM ${table} WHERE ${WAITING} AND key <> ALL ($2::text[]) ORDER BY at_ms, seq LIMIT 1`,
        [inbox, keysOf(exceptIds)],
      );
      return next && Number(next.at_ms);
    },

    async bringForward({ state, afterMs, toMs, limit }) {
      const { rowCount } = await query(
        `WITH found AS MATERIALIZED (
           SELECT key FROM ${table} WHERE ${WAITING} AND state = $2 AND at_ms > $3
           ORDER BY at_ms, seq LIMIT $4 FOR UPDATE SKIP LOCKED
         )
         UPDATE ${table} AS inbox SET at_ms = $5 FROM found WHERE inbox.key = found.key`,
        [inbox, state, whole(afterMs), limit, whole(toMs)],
      );
      return rowCount ?? 0;
    },

    async list(request) {
      await database.ready();
      return operations.list(request);
    },

    async counts() {
      await database.ready();
      return operations.counts();
    },

    async retry(target, request) {
      const count = await operations.retry(target, request);
      if (count > 0) notifications.notify();
      return count;
    },

    async discard(target, request) {
      await database.ready();
      return operations.discard(target, request);
    },

    async addDone(id, handlerName) {
      await database.ready();
      return operations.addDone(id, handlerName);
    },

    listen: (wake) => notifications.listen(wake),

    async health() {
      await database.ready();
      const { isReadOnly, problems } = await findProblems(database);
      const failing = latestPut.problem();
      if (failing === undefined) return { isWritable: !isReadOnly, problems };
      return { isWritable: false, problems: [failing, ...problems] };
    },

    async close() {
      notifications.close();
      await puts.drain();
      database.close();
    },

    [TRANSACTIONS]: {
      pool: database.pool,
      markDoneSql: ({ key, fence }, handlerName) =>
        markDoneSql(`${schema}.mark_done_in_inbox`, keyOf(key), fence, handlerName),
    },
  };
}
