import type { Claim, ClaimResult, Ledger } from '@showpad-webhooks/core';
import { checkAboveZero, checkKnown } from '@showpad-webhooks/core/shared';
import { keyTextOf, newFence, readDone, type StoredNumber } from '@showpad-webhooks/core/store';
import { connect } from './database.ts';
import type { PostgresSource } from './pool.ts';
import { whole, withName } from './shared.ts';
import { markDoneSql, TRANSACTIONS, type TransactionalStore } from './transactional-store.ts';

export type PostgresLedgerOptions = PostgresSource & {
  /** How long handled events and failed attempts are remembered, in ms. Default 24 hours. */
  readonly ttlMs?: number;
};

interface ClaimedRow {
  readonly attempt: StoredNumber;
  readonly age_ms: StoredNumber;
  readonly handlers: string;
  readonly is_conflict: boolean;
}

interface KnownRow {
  readonly state: 'claimed' | 'released' | 'completed';
  readonly body_digest: StoredNumber;
}

const DAY_MS = 86_400_000;
/** Unix time in ms by the clock of the server. */
const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
const HELD = "key = $1 AND fence = $2 AND state = 'claimed'";

/**
 * A ledger in your own Postgres: each event is handled once across the processes of many machines. Leases are measured by the
 * clock of the server, so the clocks of the machines may differ. It uses the pool of your app, and there is nothing to close.
 *
 * @throws TypeError for an unknown option, for a `ttlMs` that is not above 0, and as `createPostgresInbox`.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { createPostgresLedger } from '@showpad-webhooks/postgres';
 * import pg from 'pg';
 *
 * const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
 * createReceiver({ keys: 'a-signature-key', ledger: createPostgresLedger({ pool }) });
 * ```
 */
export function createPostgresLedger(options: PostgresLedgerOptions): Ledger {
  const { ttlMs = DAY_MS, ...source } = options;
  checkKnown(options, { pool: true, schema: true, migrate: true, ttlMs });
  checkAboveZero({ ttlMs });
  const database = connect(source);
  const { all, query, schema } = database;
  const table = `${schema}.ledger`;

  /** Changes a claimed row, unless another holder has the event now. */
  async function update({ key, fence }: Claim, set: string, ...values: unknown[]): Promise<boolean> {
    await database.ready();
    const { rowCount } = await query(`UPDATE ${table} SET ${set} WHERE ${HELD}`, [
      keyTextOf(key),
      fence,
      ...values,
    ]);
    return rowCount === 1;
  }

  const ledger: Ledger & TransactionalStore = {
    async claim({ key, bodyDigest, leaseMs }): Promise<ClaimResult> {
      await database.ready();
      const keyText = keyTextOf(key);
      const fence = newFence();
      const [claimed] = await all<ClaimedRow>(claimSql(schema), [
        keyText,
        bodyDigest,
        whole(leaseMs),
        whole(ttlMs),
        fence,
      ]);
      if (claimed) {
        return {
          status: 'claimed',
          fence,
          attempt: Number(claimed.attempt),
          ageMs: Math.max(0, Number(claimed.age_ms)),
          done: readDone(claimed.handlers),
          isConflict: claimed.is_conflict,
        };
      }
      const [known] = await all<KnownRow>(`SELECT state, body_digest FROM ${table} WHERE key = $1`, [
        keyText,
      ]);
      const isConflict = known !== undefined && Number(known.body_digest) !== bodyDigest;
      return { status: known?.state === 'completed' ? 'completed' : 'in-progress', isConflict };
    },

    checkpoint(claim, { handler, leaseMs }) {
      const until = `until_ms = ${NOW} + $3`;
      if (handler === undefined) return update(claim, until, whole(leaseMs));
      const name = JSON.stringify(handler);
      return update(claim, `${until}, handlers = ${withName('$4')}`, whole(leaseMs), name);
    },

    complete: (claim) =>
      update(claim, `state = 'completed', handlers = '[]', until_ms = ${NOW} + $3`, whole(ttlMs)),

    release: (claim) => update(claim, `state = 'released', until_ms = ${NOW} + $3`, whole(ttlMs)),

    [TRANSACTIONS]: {
      pool: database.pool,
      markDoneSql: ({ key, fence }, handlerName) =>
        markDoneSql(`${schema}.mark_done_in_ledger`, keyTextOf(key), fence, handlerName),
    },
  };
  return ledger;
}

/**
 * Claims a key in one statement, or gives no row. What was released or completed is forgotten when its time is over; a claim
 * whose lease is over goes on. Two expired rows are deleted for each claim, so the table stays bounded and every call short.
 */
function claimSql(schema: string): string {
  const isForgotten = "(l.state <> 'claimed' AND l.until_ms <= EXCLUDED.first_ms)";
  const keep = (kept: string, fresh: string) => `CASE WHEN ${isForgotten} THEN ${fresh} ELSE ${kept} END`;
  return `
    WITH expired AS MATERIALIZED (
      SELECT key FROM ${schema}.ledger
      WHERE key <> $1 AND until_ms <= ${NOW} AND (state <> 'claimed' OR until_ms <= ${NOW} - $4::bigint)
      ORDER BY until_ms LIMIT 2 FOR UPDATE SKIP LOCKED
    ), gone AS (
      DELETE FROM ${schema}.ledger AS old USING expired WHERE old.key = expired.key
    )
    INSERT INTO ${schema}.ledger AS l (key, fence, attempt, first_ms, body_digest, state, until_ms)
    SELECT $1, $5::bigint, 1, now_ms, $2::bigint, 'claimed', now_ms + $3::bigint FROM (SELECT ${NOW} AS now_ms) AS clock
    ON CONFLICT (key) DO UPDATE SET
      fence = EXCLUDED.fence,
      attempt = ${keep('l.attempt + 1', '1')},
      first_ms = ${keep('l.first_ms', 'EXCLUDED.first_ms')},
      handlers = ${keep('l.handlers', "'[]'")},
      is_conflict = ${keep('l.body_digest <> EXCLUDED.body_digest', 'false')},
      body_digest = EXCLUDED.body_digest,
      state = 'claimed',
      until_ms = EXCLUDED.until_ms
    WHERE l.state = 'released' OR l.until_ms <= EXCLUDED.first_ms
    RETURNING attempt, until_ms - $3::bigint - first_ms AS age_ms, handlers, is_conflict`;
}
