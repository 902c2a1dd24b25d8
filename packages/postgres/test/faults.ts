import { setTimeout as delay } from 'node:timers/promises';
import { createReceiver, type Inbox, type Receiver } from '@showpad-webhooks/core';
import { createPostgresInbox, inTransaction } from '@showpad-webhooks/postgres';
import { type Server, startPostgres } from '@showpad-webhooks/servers';
import pg from 'pg';
import { entryOf } from './entry.ts';

/** What goes wrong while events are stored and handled. */
export interface Fault {
  readonly settings?: Readonly<Record<string, string>>;
  /** How many connections the pool of each process may have. Default 10. */
  readonly max?: number;
  /** Makes it go wrong once. */
  disturb(server: Server, admin: pg.Pool): Promise<void>;
}

export interface FaultReport {
  readonly acknowledged: number;
  /** How many events could not be stored. Each of them may have been stored all the same. */
  readonly refused: number;
  /** Events that were acknowledged, and whose effect is not there. */
  readonly missing: readonly string[];
  /** Events whose effect is there more than once. */
  readonly doubled: readonly string[];
}

/** How long what holds a lock or all connections holds them. */
const HOLD_MS = 700;
const PATIENCE_MS = 60_000;
/** It has no unique key, which would hide an effect that comes twice. */
export const CREATE_EFFECTS = 'CREATE TABLE effects (event text NOT NULL)';

export const FAULTS: Readonly<Record<string, Fault>> = {
  'Postgres is killed and started again': {
    async disturb(server) {
      await delay(200);
      await server.kill();
      await server.start();
    },
  },
  'Postgres is shut down immediately and started again': {
    async disturb(server) {
      await delay(200);
      await server.kill('SIGQUIT');
      await server.start();
    },
  },
  'Postgres hangs for a moment': {
    async disturb(server) {
      server.pause();
      await delay(HOLD_MS);
      server.resume();
      await delay(200);
    },
  },
  'somebody has taken all connections': {
    settings: { max_connections: '16', superuser_reserved_connections: '0' },
    async disturb({ port }, admin) {
      // Whoever waits for a connection gets none, because those that are in use are ended first.
      await admin.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()',
      );
      const clients: pg.Client[] = [];
      for (let refusals = 0; refusals < 3; ) {
        const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres' });
        client.on('error', () => {});
        await client.connect().then(
          () => clients.push(client),
          () => refusals++,
        );
      }
      await delay(HOLD_MS);
      await Promise.all(clients.map((client) => client.end()));
    },
  },
  'a migration of the app has the table locked': {
    async disturb(_server, admin) {
      const client = await admin.connect();
      await client.query('BEGIN; LOCK TABLE showpad_webhooks.inbox IN ACCESS EXCLUSIVE MODE');
      await delay(HOLD_MS);
      await client.query('COMMIT');
      client.release();
      await delay(100);
    },
  },
  'every transaction is serializable': {
    settings: { default_transaction_isolation: 'serializable' },
    disturb: () => delay(HOLD_MS),
  },
  'each process has one connection': { max: 1, disturb: () => delay(HOLD_MS) },
};

/** Stores events without a pause while two apps handle them, and the faults come one after the other, again and again. */
export async function runFaults(faults: readonly Fault[], rounds: number): Promise<FaultReport> {
  const settings = Object.assign({}, ...faults.map((fault) => fault.settings));
  const max = Math.min(...faults.map((fault) => fault.max ?? 10));
  const server = await startPostgres(settings);
  const admin = openPool(server.port, 2);
  await admin.query(CREATE_EFFECTS);
  const apps = [startApp(openPool(server.port, max)), startApp(openPool(server.port, max))];
  await Promise.all(apps.map(({ receiver }) => receiver.start()));
  const writer = startWriter(openPool(server.port, max));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const { disturb } of faults) await disturb(server, admin);
    }
    const { acknowledged, refused } = await writer.stop();
    await untilHandled(writer.inbox);
    return { acknowledged: acknowledged.length, refused, ...(await readEffects(admin, acknowledged)) };
  } finally {
    await Promise.all([...apps, writer].map((each) => each.close()));
    await admin.end();
    await server.remove();
  }
}

export function openPool(port: number, max: number): pg.Pool {
  const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres', max });
  pool.on('error', () => {});
  return pool;
}

/** An app with a handler that inserts a row for each event. */
export function startApp(pool: pg.Pool): {
  readonly receiver: Receiver;
  readonly close: () => Promise<void>;
} {
  const inbox = createPostgresInbox({
    pool,
    leaseMs: 1_000,
    pollMs: 50,
    backoff: () => 1,
    maxAttempts: 10_000,
  });
  const receiver = createReceiver({ keys: 'test-key', inbox });
  receiver.onAny(async function insert({ id }, context) {
    await inTransaction(context, (client) => client.query('INSERT INTO effects VALUES ($1)', [id]));
  });
  receiver.onError(() => {}); // What goes wrong here is the point of it.
  return {
    receiver,
    async close() {
      await receiver.close({ timeoutMs: 1_000 });
      await pool.end();
    },
  };
}

export interface Writer {
  readonly inbox: Inbox;
  /** The events that were acknowledged until now. */
  readonly acknowledged: readonly string[];
  /** Resolves when so many more events were acknowledged. */
  acknowledgesMore(more: number): Promise<void>;
  /** Resolves when it stores no more. */
  stop(): Promise<{ readonly acknowledged: readonly string[]; readonly refused: number }>;
  close(): Promise<void>;
}

/** Stores events, four at once, and remembers which were acknowledged. */
export function startWriter(pool: pg.Pool, name = 'event'): Writer {
  const inbox = createPostgresInbox({ pool });
  const acknowledged: string[] = [];
  let refused = 0;
  let count = 0;
  let isWriting = true;

  async function write(): Promise<void> {
    while (isWriting) {
      const id = `${name}-${count++}`;
      try {
        await inbox.put(entryOf(id, { body: Buffer.from(JSON.stringify({ type: 'test', id })) }));
        acknowledged.push(id);
      } catch {
        refused++;
      }
      await delay(10);
    }
  }

  const writing = Promise.all(Array.from({ length: 4 }, write));
  async function stop() {
    isWriting = false;
    await writing;
    return { acknowledged, refused };
  }
  return {
    inbox,
    acknowledged,
    async acknowledgesMore(more) {
      const enough = acknowledged.length + more;
      while (acknowledged.length < enough) await delay(10);
    },
    stop,
    async close() {
      await stop();
      await inbox.close();
      await pool.end();
    },
  };
}

export async function untilHandled(inbox: Inbox): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const counts = async () => inbox.counts();
  for (;;) {
    const { pending, leased } = await counts().catch(() => ({ pending: 1, leased: 0 }));
    if (pending + leased === 0) return;
    await delay(50, undefined, { signal });
  }
}

export async function readEffects(
  pool: pg.Pool,
  acknowledged: readonly string[],
): Promise<Pick<FaultReport, 'missing' | 'doubled'>> {
  const sql = 'SELECT event, count(*)::integer AS count FROM effects GROUP BY event';
  const { rows } = await pool.query<{ event: string; count: number }>(sql);
  const counts = new Map(rows.map(({ event, count }) => [event, count]));
  return {
    missing: acknowledged.filter((id) => !counts.has(id)),
    doubled: [...counts].filter(([, count]) => count > 1).map(([id]) => id),
  };
}
