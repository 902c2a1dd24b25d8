import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import type { Inbox } from '@showpad-webhooks/core';
import { createPostgresInbox } from '@showpad-webhooks/postgres';
import { findServer, startPostgres, startRedis } from '@showpad-webhooks/servers';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fillInbox } from './filled-inbox.ts';
import { openDashboard } from './open-dashboard.ts';

interface Store {
  readonly store: string;
  readonly isInstalled: boolean;
  open(): Promise<Inbox>;
}

const STORES: readonly Store[] = [
  {
    store: 'SQLite',
    isInstalled: true,
    async open() {
      const folder = mkdtempSync(join(tmpdir(), 'showpad-dashboard-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      return createSqliteInbox({ file: join(folder, 'showpad.db') });
    },
  },
  {
    store: 'Postgres',
    isInstalled: findServer('postgres') !== undefined,
    async open() {
      const server = await startPostgres();
      onTestFinished(() => server.remove());
      const pool = new pg.Pool({
        host: '127.0.0.1',
        port: server.port,
        user: 'postgres',
        database: 'postgres',
      });
      onTestFinished(() => pool.end());
      return createPostgresInbox({ pool });
    },
  },
  {
    store: 'BullMQ',
    isInstalled: findServer('redis-server') !== undefined,
    async open() {
      const server = await startRedis();
      onTestFinished(() => server.remove());
      return createBullmqInbox({ connection: { host: '127.0.0.1', port: server.port } });
    },
  },
];

// Where a server is not installed there is no case. In CI that is an error.
test.each(STORES.filter(({ isInstalled }) => isInstalled))(
  'an inbox in $store is searched, shown, retried and discarded',
  async ({ open }) => {
    const filled = await fillInbox(await open());
    await filled.die('one');
    await filled.die('two', { type: 'another-type' });
    const { get, post } = await openDashboard({ inbox: filled.inbox });
    expect((await get('entries?type=another&handler=crm')).body.items).toMatchObject([
      { id: 'two', state: 'dead', attempt: 1, code: 'PERMANENT_FAILURE', hasBody: true },
    ]);
    expect((await get('entry?id=one')).body).toMatchObject({ id: 'one', doneHandlers: [] });
    expect((await post('payload?id=one')).body.text).toContain('"id":"one"');
    filled.isDown = false;
    expect((await post('retry?state=dead&id=one')).body).toEqual({ refusals: { one: null } });
    await vi.waitUntil(async () => (await get('outcomes?id=one')).body.outcomes.one === 'done');
    expect((await post('discard?state=dead&id=two')).body).toEqual({ refusals: { two: null } });
    await vi.waitUntil(async () => {
      const { done, dead } = (await get('status')).body;
      return done === 1 && dead === 0;
    });
  },
);
