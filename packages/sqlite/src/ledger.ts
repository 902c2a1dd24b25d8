import type { Claim, Ledger } from '@showpad-webhooks/core';
import { checkAboveZero } from '@showpad-webhooks/core/node';
import { connect, type SqliteSource } from './connection.ts';
import { keyTextOf } from './inbox-store.ts';

export type SqliteLedgerOptions = SqliteSource & {
  /** How long a handled event is remembered, and an attempt that failed. Default 24 hours. */
  readonly ttlMs?: number;
};

/** A `Ledger` in a file, with `close()` for the app's shutdown. */
export interface SqliteLedger extends Ledger {
  close(): void;
}

interface Row {
  readonly fence: number | bigint;
  readonly attempt: number | bigint;
  readonly body_digest: number | bigint;
  readonly state: 'claimed' | 'released' | 'completed';
  readonly until_ms: number | bigint;
  readonly handlers: string;
}

const DAY_MS = 86_400_000;

/**
 * A ledger in a SQLite file: events are handled once across the processes of a machine, and across restarts.
 *
 * @throws TypeError or Error, as `createSqliteInbox`.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { createSqliteLedger } from '@showpad-webhooks/sqlite';
 *
 * const ledger = createSqliteLedger({ file: 'showpad.db' });
 * const receiver = createReceiver({ keys: 'a-signature-key', ledger });
 * process.once('SIGTERM', () => receiver.close().then(() => ledger.close()));
 * ```
 */
export function createSqliteLedger({ ttlMs = DAY_MS, ...source }: SqliteLedgerOptions): SqliteLedger {
  checkAboveZero({ ttlMs });
  const { all, run, write, close } = connect(source);

  const update = ({ key, fence }: Claim, set: string, ...values: (string | number)[]) =>
    write(
      () =>
        run(
          `UPDATE showpad_ledger SET ${set} WHERE key = ? AND fence = ? AND state = 'claimed'`,
          ...[...values, keyTextOf(key), fence],
        ) > 0,
    );

  /** A few per call keep the table bounded and each call short. A claim is given up a ttl after its lease. */
  function forgetExpired(nowMs: number): void {
    run(
      `DELETE FROM showpad_ledger WHERE key IN (SELECT key FROM showpad_ledger
       WHERE until_ms <= ? AND (state <> 'claimed' OR until_ms <= ?) ORDER BY until_ms LIMIT 2)`,
      ...[nowMs, nowMs - ttlMs],
    );
  }

  return {
    close,

    claim({ key, bodyDigest, leaseMs, nowMs }) {
      return write(() => {
        forgetExpired(nowMs);
        const [kept] = all<Row>('SELECT * FROM showpad_ledger WHERE key = ?', keyTextOf(key));
        const isAlive = kept !== undefined && Number(kept.until_ms) > nowMs;
        const past = isAlive || kept?.state === 'claimed' ? kept : undefined;
        const isConflict = past !== undefined && Number(past.body_digest) !== bodyDigest;
        if (past?.state === 'completed') return { status: 'completed', isConflict } as const;
        if (past?.state === 'claimed' && isAlive) return { status: 'in-progress', isConflict } as const;

        const [last] = all<Row>('UPDATE showpad_webhooks SET fence = fence + 1 RETURNING fence');
        const fence = Number(last?.fence);
        const attempt = Number(past?.attempt ?? 0) + 1;
        const handlers = past?.handlers ?? '[]';
        run(
          `INSERT OR REPLACE INTO showpad_ledger (key, fence, attempt, body_digest, state, until_ms, handlers)
           VALUES (?, ?, ?, ?, 'claimed', ?, ?)`,
          ...[keyTextOf(key), fence, attempt, bodyDigest, nowMs + leaseMs, handlers],
        );
        return { status: 'claimed', fence, attempt, done: JSON.parse(handlers), isConflict } as const;
      });
    },

    checkpoint(claim, { handler, leaseMs, nowMs }) {
      if (handler === undefined) return update(claim, 'until_ms = ?', nowMs + leaseMs);
      const set = "until_ms = ?, handlers = json_insert(handlers, '$[#]', json(?))";
      return update(claim, set, nowMs + leaseMs, JSON.stringify(handler));
    },

    complete: (claim, { nowMs }) =>
      update(claim, "state = 'completed', handlers = '[]', until_ms = ?", nowMs + ttlMs),
    release: (claim, { nowMs }) => update(claim, "state = 'released', until_ms = ?", nowMs + ttlMs),
  };
}
