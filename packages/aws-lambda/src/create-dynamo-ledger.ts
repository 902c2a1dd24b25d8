import type { Claim, ClaimResult, Ledger } from '@showpad-webhooks/core';
import { checkAboveZero, checkKnown } from '@showpad-webhooks/core/shared';
import { keyTextOf } from '@showpad-webhooks/core/store';
import { expiry, type LedgerEntry, toEntry, toItem, toNumber, toText } from './dynamo-entry.ts';
import { type DynamoClient, type Item, openTable } from './dynamo-table.ts';

export interface DynamoLedgerOptions {
  /** The client of your app, a `DynamoDBClient`. The ledger does not close it. */
  readonly client: DynamoClient;
  /** The name of the table. Its only key is the text `id`, and its TTL attribute is `expiresAt`. */
  readonly table: string;
  /**
   * How long handled events and failed attempts are remembered, in ms. For a queue it is as long as a message may wait, also as
   * a dead letter. Default 24 hours.
   */
  readonly ttlMs?: number;
}

/** A change of a claimed event. */
interface Change {
  readonly untilMs: number;
  /** When the event is forgotten. Default: `untilMs`. */
  readonly expiresMs?: number;
  /** Assignments of an update expression, and the values in them. */
  readonly assignments: readonly string[];
  readonly values: Item;
}

const DAY_MS = 86_400_000;
/** Each try after the first follows a write of somebody else. */
const MOST_TRIES = 5;
const NAMES = { '#state': 'state' }; // It is a reserved word.

/**
 * A ledger in a DynamoDB table: each event is handled once across all instances of a function. Leases are measured by the clock
 * of DynamoDB, so the clocks of the instances may differ. It uses the client of your app, and there is nothing to close. The
 * function needs the rights `dynamodb:GetItem`, `dynamodb:PutItem` and `dynamodb:UpdateItem` for the table.
 *
 * @throws TypeError for an unknown option, a client that is not one of the AWS SDK 3, a blank table, or a `ttlMs` that is not
 * above 0.
 *
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
 * import { createDynamoLedger, createLambdaHandler } from '@showpad-webhooks/aws-lambda';
 *
 * export const handler = createLambdaHandler({
 *   keys: () => process.env.SHOWPAD_SIGNATURE_KEY ?? '',
 *   ledger: createDynamoLedger({ client: new DynamoDBClient(), table: 'showpad-ledger' }),
 * });
 * ```
 */
export function createDynamoLedger(options: DynamoLedgerOptions): Ledger {
  const { client, table, ttlMs = DAY_MS } = options;
  checkKnown(options, { client, table, ttlMs });
  checkAboveZero({ ttlMs });
  checkSource(client, table);
  const { get, put, update, nowMs } = openTable(client, table);

  /** Claims an event, unless somebody else has changed it since it was read. */
  function take(id: string, kept: LedgerEntry | undefined, next: LedgerEntry): Promise<boolean> {
    const item = { id: { S: id }, ...toItem(next), expiresAt: expiry(next.untilMs + ttlMs) };
    if (!kept) return put(item, { condition: 'attribute_not_exists(id)' });
    return put(item, {
      condition: '#state = :state AND fence = :fence AND untilMs = :until',
      names: NAMES,
      values: {
        ':state': { S: kept.state },
        ':fence': toNumber(kept.fence),
        ':until': toNumber(kept.untilMs),
      },
    });
  }

  /** Changes a claimed event, unless another holder has it now. */
  function change(
    { key, fence }: Claim,
    { untilMs, expiresMs = untilMs, assignments, values }: Change,
  ): Promise<boolean> {
    return update(keyTextOf(key), ['untilMs = :until', 'expiresAt = :expires', ...assignments], {
      condition: '#state = :claimed AND fence = :fence',
      names: NAMES,
      values: {
        ':until': toNumber(untilMs),
        ':expires': expiry(expiresMs),
        ':claimed': { S: 'claimed' },
        ':fence': toNumber(fence),
        ...values,
      },
    });
  }

  return {
    async claim({ key, bodyDigest, leaseMs }): Promise<ClaimResult> {
      const id = keyTextOf(key);
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const item = await get(id);
        const now = nowMs();
        const kept = item && toEntry(item);
        const isAlive = kept !== undefined && kept.untilMs > now;
        // DynamoDB may delete an expired item days later.
        const past = isAlive || kept?.state === 'claimed' ? kept : undefined;
        const isConflict = past !== undefined && past.bodyDigest !== bodyDigest;
        if (past?.state === 'completed') return { status: 'completed', isConflict };
        if (past?.state === 'claimed' && isAlive) return { status: 'in-progress', isConflict };

        const fence = (kept?.fence ?? 0) + 1;
        const attempt = (past?.attempt ?? 0) + 1;
        const firstMs = Math.min(past?.firstMs ?? now, now);
        const handlers = past?.handlers ?? [];
        const untilMs = now + leaseMs;
        const next = { state: 'claimed', fence, attempt, firstMs, bodyDigest, untilMs, handlers } as const;
        if (await take(id, kept, next)) {
          return { status: 'claimed', fence, attempt, ageMs: now - firstMs, done: handlers, isConflict };
        }
      }
      throw new Error(
        `The item of the event in the table ${table} changed ${MOST_TRIES} times while it was claimed.`,
      );
    },

    checkpoint(claim, { handler, leaseMs }) {
      const untilMs = nowMs() + leaseMs;
      const isDone = handler !== undefined;
      return change(claim, {
        untilMs,
        expiresMs: untilMs + ttlMs,
        assignments: isDone ? ['handlers = list_append(handlers, :handler)'] : [],
        values: isDone ? { ':handler': { L: [toText(handler)] } } : {},
      });
    },

    complete: (claim) =>
      change(claim, {
        untilMs: nowMs() + ttlMs,
        assignments: ['#state = :completed', 'handlers = :none'],
        values: { ':completed': { S: 'completed' }, ':none': { L: [] } },
      }),

    release: (claim) =>
      change(claim, {
        untilMs: nowMs() + ttlMs,
        assignments: ['#state = :released'],
        values: { ':released': { S: 'released' } },
      }),
  };
}

function checkSource(client: unknown, table: unknown): void {
  if (typeof (client as Partial<DynamoClient> | null | undefined)?.send !== 'function') {
    throw new TypeError('The option "client" must be a DynamoDBClient of @aws-sdk/client-dynamodb.');
  }
  if (typeof table !== 'string' || table.trim() === '') {
    throw new TypeError('The option "table" must be the name of a table. Is the environment variable set?');
  }
}
