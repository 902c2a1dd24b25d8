import { randomUUID } from 'node:crypto';
import type { Receiver } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { findServer, type Server, startPostgres } from '@showpad-webhooks/servers';
import pg from 'pg';
import { afterAll, onTestFinished } from 'vitest';
import { TYPE } from './entry.ts';

export const isInstalled: boolean = findServer('postgres') !== undefined;
export const KEY = 'test-key';

/** The servers of one test file. */
const servers: Server[] = [];
afterAll(async () => {
  for (const server of servers) await server.remove();
});

/** Starts a server, which ends with the test file. */
export async function startServer(settings: Readonly<Record<string, string>> = {}): Promise<Server> {
  const server = await startPostgres(settings);
  servers.push(server);
  return server;
}

/** A pool as an app has it. It ends with the test. */
export function poolOf({ port }: Pick<Server, 'port'>, options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', ...options });
  onTestFinished(() => endPool(pool));
  return pool;
}

/** An inbox that is being closed may use its pool a moment longer. */
export async function endPool(pool: pg.Pool): Promise<void> {
  pool.on('error', () => {});
  if (!pool.ended) await pool.end();
}

/** A name that no other test uses. */
export function newName(): string {
  return `test-${randomUUID()}`;
}

/** Delivers an event. Resolves to the status, and the code or the outcome. */
export async function deliver(receiver: Receiver, id: string): Promise<string> {
  const { response, outcome, error } = await receiver.receive(signedDelivery(TYPE, { key: KEY, id }));
  return `${response.status} ${error?.code ?? outcome}`;
}
