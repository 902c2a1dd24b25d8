import type { ClaimResult, Ledger } from '@showpad-webhooks/core';
import { checkAboveZero, hashText } from '@showpad-webhooks/core/node';
import type { RedisOptions } from 'bullmq';
import { CHECKPOINT, CLAIM, SETTLE } from './ledger-scripts.ts';

export interface RedisLedgerOptions {
  /** ioredis options, Sentinel's among them, or a client or Cluster of the app's: that one is not closed. */
  readonly connection: RedisOptions | RedisClient;
  /** Before each key, `<prefix>:ledger:<hash>`. Default `showpad`. */
  readonly prefix?: string;
  /** How long a handled event is remembered, and an attempt that failed. Default 24 hours. */
  readonly ttlMs?: number;
}

/** What is used of an ioredis client or Cluster. Its own types are not named, since who uses Postgres has none of them. */
export interface RedisClient {
  eval(script: string, keyCount: number, ...keysAndValues: (string | number)[]): Promise<unknown>;
}

/** A `Ledger` in Redis, with `close()` for the app's shutdown. */
export interface RedisLedger extends Ledger {
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;

/**
 * A ledger in Redis: events are handled once across the processes of many machines. One script, so one round trip,
 * per call. Where Redis is away calls fail at once, and deliveries are answered 503.
 *
 * @throws TypeError for a `ttlMs` that is not above 0.
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
export function createRedisLedger({
  connection,
  prefix = 'showpad',
  ttlMs = DAY_MS,
}: RedisLedgerOptions): RedisLedger {
  checkAboveZero({ ttlMs });
  const own = isClient(connection) ? undefined : createClient(connection);
  const connected: Promise<RedisClient> = own
    ? own.then(firstReady)
    : Promise.resolve(connection as RedisClient);
  connected.catch(() => {}); // Each call tells.

  const keyOf = (key: string) => `${prefix}:ledger:${hashText(key).toString('base64url')}`;
  const run = async (script: string, key: string, ...values: (string | number)[]) =>
    (await connected).eval(script, 1, keyOf(key), ...values);
  const settle = async (state: 'completed' | 'released', key: string, fence: number, nowMs: number) =>
    (await run(SETTLE, key, fence, nowMs + ttlMs, ttlMs, state)) === 1;

  return {
    async claim({ key, bodyDigest, leaseMs, nowMs }): Promise<ClaimResult> {
      const reply = (await run(CLAIM, key, bodyDigest, leaseMs, nowMs, ttlMs)) as
        | ['completed' | 'in-progress', number]
        | ['claimed', number, number, number, string];
      const isConflict = reply[1] === 1;
      if (reply[0] !== 'claimed') return { status: reply[0], isConflict };
      const [status, , fence, attempt, handlers] = reply;
      return { status, fence, attempt, done: JSON.parse(`[${handlers}]`), isConflict };
    },
    async checkpoint({ key, fence }, { handler, leaseMs, nowMs }) {
      const name = handler === undefined ? '' : JSON.stringify(handler);
      return (await run(CHECKPOINT, key, fence, nowMs + leaseMs, leaseMs + ttlMs, name)) === 1;
    },
    complete: ({ key, fence }, { nowMs }) => settle('completed', key, fence, nowMs),
    release: ({ key, fence }, { nowMs }) => settle('released', key, fence, nowMs),
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
  const client = new Redis({ ...options, enableOfflineQueue: false } as object);
  client.on('error', () => {}); // Each call tells.
  return client as never;
}

/** The first call waits for a connection; after that a Redis that is away fails each at once. */
function firstReady(client: OwnClient): Promise<OwnClient> {
  return new Promise((resolve) => client.once('ready', () => resolve(client)));
}
