import type { Claim, ClaimResult, Ledger } from '@showpad-webhooks/core';
import { checkAboveZero, checkKnown } from '@showpad-webhooks/core/shared';
import { keyTextOf, newFence, readDone, type StoredNumber } from '@showpad-webhooks/core/store';
import { connect } from './connection.ts';
import { MARK_DONE, markDoneSql, type TransactionalStore } from './mark-done.ts';
import type { SqliteSource, SqliteValue } from './sqlite-handle.ts';

export type SqliteLedgerOptions = SqliteSource & {
  /** How long handled events and failed attempts are remembered, in ms. Default 24 hours. */
  readonly ttlMs?: number;
};

/** A `Ledger` in a file. The receiver does not close it: call `close()` after `receiver.close()`. */
export interface SqliteLedger extends Ledger {
  close(): void;
}

interface Row {
  readonly fence: StoredNumber;
  readonly attempt: StoredNumber;
  readonly first_ms: StoredNumber;
  readonly body_digest: StoredNumber;
  readonly state: 'claimed' | 'released' | 'completed';
  readonly until_ms: StoredNumber;
  readonly handlers: string;
}

const DAY_MS = 86_400_000;

/**
 * A ledger in a SQLite file: each event is handled once across the processes of a machine, and across restarts.
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
 * process.once('SIGTERM', async () => {
 *   await receiver.close();
 *   ledger.close();
 * });
 * ```
 */
export function createSqliteLedger(options: SqliteLedgerOptions): SqliteLedger {
  const { ttlMs = DAY_MS, ...source } = options;
  checkKnown(options, { file: true, database: true, ttlMs });
  checkAboveZero({ ttlMs });
  const { all, run, write, writeNew, checkRoom, now, close } = connect(source);

  /** Changes a claimed row, unless another holder has the event now. The values are made when the write runs. */
  function update({ key, fence }: Claim, set: string, valuesNow: () => SqliteValue[]): Promise<boolean> {
    return write(() => {
      const changed = run(
        `UPDATE showpad_ledger SET ${set} WHERE key = ? AND fence = ? AND state = 'claimed'`,
        ...valuesNow(),
        keyTextOf(key),
        fence,
      );
      return changed > 0;
    });
  }

  /** Two rows for each new one keep the table bounded and every call short. Claims are kept for `ttlMs` after their lease. */
  function forgetExpired(nowMs: number): void {
    run(
      `DELETE FROM showpad_ledger WHERE key IN (
         SELECT key FROM showpad_ledger
         WHERE until_ms <= ? AND (state <> 'claimed' OR until_ms <= ?)
         ORDER BY until_ms LIMIT 2
       )`,
      nowMs,
      nowMs - ttlMs,
    );
  }

  const ledger: SqliteLedger & TransactionalStore = {
    close,

    claim({ key, bodyDigest, leaseMs }) {
      const keyText = keyTextOf(key);
      // A write of its own, because it makes room also if the claim is refused. If it fails, the next claim does it.
      write(() => forgetExpired(now())).catch(() => {});
      return writeNew((): ClaimResult => {
        const nowMs = now();
        const [kept] = all<Row>('SELECT * FROM showpad_ledger WHERE key = ?', keyText);
        const isAlive = kept !== undefined && Number(kept.until_ms) > nowMs;
        const past = isAlive || kept?.state === 'claimed' ? kept : undefined;
        const isConflict = past !== undefined && Number(past.body_digest) !== bodyDigest;
        if (past?.state === 'completed') return { status: 'completed', isConflict };
        if (past?.state === 'claimed' && isAlive) return { status: 'in-progress', isConflict };

        if (!kept) checkRoom(0); // What is left is for the events that were claimed before.
        const fence = newFence();
        const attempt = Number(past?.attempt ?? 0) + 1;
        const firstMs = Number(past?.first_ms ?? nowMs);
        const done = readDone(past?.handlers ?? '[]');
        run(
          `INSERT OR REPLACE INTO showpad_ledger (key, fence, attempt, first_ms, body_digest, state, until_ms, handlers)
           VALUES (?, ?, ?, ?, ?, 'claimed', ?, ?)`,
          keyText,
          fence,
          attempt,
          firstMs,
          bodyDigest,
          nowMs + leaseMs,
          JSON.stringify(done),
        );
        return { status: 'claimed', fence, attempt, ageMs: nowMs - firstMs, done, isConflict };
      });
    },

    checkpoint(claim, { handler, leaseMs }) {
      if (handler === undefined) return update(claim, 'until_ms = ?', () => [now() + leaseMs]);
      const set = "until_ms = ?, handlers = json_insert(handlers, '$[#]', json(?))";
      return update(claim, set, () => [now() + leaseMs, JSON.stringify(handler)]);
    },

    complete(claim) {
      return update(claim, "state = 'completed', handlers = '[]', until_ms = ?", () => [now() + ttlMs]);
    },

    release(claim) {
      return update(claim, "state = 'released', until_ms = ?", () => [now() + ttlMs]);
    },

    [MARK_DONE]: ({ key, fence }, handlerName) =>
      markDoneSql('showpad_ledger_done', keyTextOf(key), fence, handlerName),
  };
  return ledger;
}
