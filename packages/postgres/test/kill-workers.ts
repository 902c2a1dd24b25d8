import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createPostgresInbox } from '@showpad-webhooks/postgres';
import type { Server } from '@showpad-webhooks/servers';
import pg from 'pg';
import { entryOf } from './entry.ts';

export interface KillReport {
  readonly kills: number;
  /** How many events were acknowledged. */
  readonly acknowledged: number;
  /** How many rows two handlers have inserted. */
  readonly rows: number;
  /** Effects that are there more than once, or not at all. */
  readonly wrong: readonly string[];
  /** How often an event was handed to handlers. */
  readonly attempts: number;
}

const cwd = fileURLToPath(new URL('.', import.meta.url));
const PATIENCE_MS = 60_000;

/**
 * Stores events without a pause, while two workers, whose clocks are an hour apart, handle them, and one of them is killed with
 * SIGKILL again and again. At the end each handler must have inserted one row for each event. The table of the effects has no unique key.
 */
export async function killWorkers({ port }: Pick<Server, 'port'>, kills: number): Promise<KillReport> {
  const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres' });
  await pool.query('CREATE TABLE effects (event text NOT NULL, handler text NOT NULL)');
  const inbox = createPostgresInbox({ pool });
  const workers: ChildProcess[] = [await startWorker(port, 0), await startWorker(port, 1)];
  let acknowledged = 0;
  let isWriting = true;

  async function write(): Promise<void> {
    while (isWriting) {
      const id = `event-${acknowledged++}`;
      await inbox.put(entryOf(id, { body: Buffer.from(JSON.stringify({ type: 'test', id })) }));
      await delay(5);
    }
  }

  const writing = write();
  try {
    for (let kill = 0; kill < kills; kill++) {
      await delay(Math.random() * 150);
      const [worker] = workers.splice(0, 1) as [ChildProcess];
      const ended = once(worker, 'exit');
      worker.kill('SIGKILL');
      await ended;
      workers.push(await startWorker(port, kill));
    }
    isWriting = false;
    await writing;
    await untilDone(async () => {
      const { pending, leased } = await inbox.counts();
      return pending + leased === 0;
    });
    return { kills, acknowledged, ...(await readEffects(pool, acknowledged)) };
  } finally {
    isWriting = false;
    for (const worker of workers) worker.kill('SIGKILL');
    await inbox.close();
    await pool.end();
  }
}

/** The clocks of half of the workers are an hour ahead. */
async function startWorker(port: number, number: number): Promise<ChildProcess> {
  const clockAheadMs = (number % 2) * 3_600_000;
  const args = [
    '--conditions=@showpad-webhooks/source',
    '--import',
    'tsx',
    'worker.ts',
    `${port}`,
    `${clockAheadMs}`,
  ];
  const worker = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(worker, 'exit').then(() => {
    throw new Error('The worker ended before it was ready.');
  });
  await Promise.race([once(worker.stdout as NodeJS.ReadableStream, 'data'), ended]);
  ended.catch(() => {}); // From now on it may be killed.
  return worker;
}

async function untilDone(isDone: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isDone())) {
    if (performance.now() > deadline) throw new Error('Not everything was handled in time.');
    await delay(20);
  }
}

async function readEffects(
  pool: pg.Pool,
  acknowledged: number,
): Promise<Pick<KillReport, 'rows' | 'wrong' | 'attempts'>> {
  const { rows } = await pool.query<{ event: string; handler: string; count: string }>(
    'SELECT event, handler, count(*) AS count FROM effects GROUP BY event, handler',
  );
  const counts = new Map(rows.map(({ event, handler, count }) => [`${event} ${handler}`, Number(count)]));
  const ids = Array.from({ length: acknowledged }, (_, number) => `event-${number}`);
  const expected = ids.flatMap((id) => [`${id} crm`, `${id} mail`]);
  const wrong = expected.filter((effect) => counts.get(effect) !== 1);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const [sum] = (await pool.query('SELECT sum(attempt) AS attempts FROM showpad_webhooks.inbox')).rows;
  return { rows: total, wrong, attempts: Number(sum.attempts) };
}
