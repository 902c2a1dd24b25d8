import type { Claim, ClaimResult, Ledger } from '@showpad-webhooks/core';
import { checkAboveZero, checkKnown, hashText } from '@showpad-webhooks/core/shared';
import { readDone } from '@showpad-webhooks/core/store';
import type { RedisOptions } from 'bullmq';
import { CONNECTION_DEFAULTS } from './connections.ts';
import { CHECKPOINT, CLAIM, SETTLE } from './ledger-scripts.ts';

export interface RedisLedgerOptions {
  /** ioredis options (also for Sentinel), or a client or Cluster of your own, which the ledger does not close. */
  readonly connection: RedisOptions | RedisClient;
  /** Each key is `<prefix>:ledger:<hash>`. Default `showpad`. */
  readonly prefix?: string;
  /** How long handled events and failed attempts are remembered, in ms. Default 24 hours. */
  readonly ttlMs?: number;
}

/** The part of an ioredis client or Cluster that is used. */
export interface RedisClient {
  eval(script: string, keyCount: number, ...keysAndValues: (string | number)[]): Promise<unknown>;
}

/** A `Ledger` in Redis. The receiver does not close it: call `close()` after `receiver.close()`. */
export interface RedisLedger extends Ledger {
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;

/**
 * A ledger in Redis: each event is handled once across the processes of many machines. Each call is one script, so it takes one
 * round trip. Leases are measured by the clock of Redis, so the clocks of the machines may differ. While Redis is away, calls
 * fail at once and deliveries are answered with 503.
 *
 * @throws TypeError for an unknown option, and for a `ttlMs` that is not above 0.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { createRedisLedger } from '@showpad-webhooks/bullmq';
 *
 * export function receiveOn(redisHost: string) {
 *   const ledger = createRedisLedger({ connection: { host: redisHost } });
 *   return createReceiver({ keys: 'a-signature-key', ledger });
 * }
 * ```
 */
export function createRedisLedger(options: RedisLedgerOptions): RedisLedger {
  const { connection, prefix = 'showpad', ttlMs = DAY_MS } = options;
  checkKnown(options, { connection, prefix, ttlMs });
  checkAboveZero({ ttlMs });
  const own = isClient(connection) ? undefined : createClient(connection);
  const connected = own ? own.then(firstReady) : Promise.resolve(connection as RedisClient);
  connected.catch(() => {}); // Each call rejects with it.

  async function run(script: string, key: string, ...values: (string | number)[]): Promise<unknown> {
    const client = await connected;
    return client.eval(script, 1, `${prefix}:ledger:${hashText(key, 'base64url')}`, ...values);
  }

  async function settle(state: 'completed' | 'released', { key, fence }: Claim): Promise<boolean> {
    return (await run(SETTLE, key, fence, ttlMs, state)) === 1;
  }

  return {
    async claim({ key, bodyDigest, leaseMs }): Promise<ClaimResult> {
      const reply = (await run(CLAIM, key, bodyDigest, leaseMs, ttlMs)) as
        | ['completed' | 'in-progress', number]
        | ['claimed', number, number, number, number, string];
      const isConflict = reply[1] === 1;
      if (reply[0] !== 'claimed') return { status: reply[0], isConflict };
      const [status, , fence, attempt, ageMs, handlers] = reply;
      return { status, fence, attempt, ageMs, done: readDone(`[${handlers}]`), isConflict };
    },

    async checkpoint({ key, fence }, { handler, leaseMs }) {
      const name = handler === undefined ? '' : JSON.stringify(handler);
      return (await run(CHECKPOINT, key, fence, leaseMs, ttlMs, name)) === 1;
    },

    complete: (claim) => settle('completed', claim),
    release: (claim) => settle('released', claim),

    async close() {
      (await own)?.disconnect();
    },
  };
}

function isClient(connection: RedisOptions | RedisClient): connection is RedisClient {
  return typeof connection.eval === 'function';
}

interface OwnClient extends RedisClient {
  once(event: 'ready', listener: () => void): unknown;
  disconnect(): void;
}

async function createClient(options: RedisOptions): Promise<OwnClient> {
  const { Redis } = await import('ioredis');
  const client = new Redis({ ...CONNECTION_DEFAULTS, ...options, enableOfflineQueue: false } as object);
  client.on('error', () => {}); // Each call rejects with it.
  return client as never;
}

/** The first call waits for a connection. After that, calls fail at once while Redis is away. */
function firstReady(client: OwnClient): Promise<RedisClient> {
  return new Promise((resolve) => client.once('ready', () => resolve(client)));
}
