import { createServer } from 'node:net';
import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import { createPostgresInbox } from '@showpad-webhooks/postgres';
import { findServer, type Server, startPostgres, startRedis } from '@showpad-webhooks/servers';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { valuesOf } from './command.ts';
import { startApp } from './inbox-app.ts';
import { spawnCommand } from './process.ts';

const isPostgresInstalled = findServer('postgres') !== undefined;
const postgresAddress = (port: number) => `postgres://postgres:a-password@127.0.0.1:${port}/postgres`;

const ENGINES = [
  {
    engine: 'BullMQ in Redis',
    isInstalled: findServer('redis-server') !== undefined,
    start: startRedis,
    addressOf: (port: number) => `redis://127.0.0.1:${port}/2`,
    create: (url: string, name: string) =>
      createBullmqInbox({ connection: { url } as ConnectionOptions, name }),
  },
  {
    engine: 'Postgres',
    isInstalled: isPostgresInstalled,
    start: startPostgres,
    addressOf: postgresAddress,
    create(connectionString: string, name: string) {
      const pool = new pg.Pool({ connectionString });
      pool.on('error', () => {}); // The server ends before the pool.
      return createPostgresInbox({ pool, name });
    },
  },
];

type ConnectionOptions = NonNullable<Parameters<typeof createBullmqInbox>[0]['connection']>;

const inbox = (store: string, ...args: readonly string[]) =>
  spawnCommand(['inbox', ...args, '--store', store]).finished;

describe.each(ENGINES)('on $engine', ({ isInstalled, start, addressOf, create }) => {
  let server: Server;
  let store: string;
  beforeAll(async () => {
    if (!isInstalled) return;
    server = await start();
    store = addressOf(server.port);
  });
  afterAll(() => server?.remove());

  test.skipIf(!isInstalled)('an inbox that is not there is an error, and is not created', async () => {
    for (const command of ['counts', 'list']) {
      const { exitCode, stdout, stderr } = await inbox(store, command, '--name', 'typo');
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toMatch(/^error: (redis|postgres):\/\/127\.0\.0\.1:\d+\/\w+ cannot be used\. /);
      expect(stderr).not.toContain('a-password');
    }
  });

  test.skipIf(!isInstalled)('what is dead is found, retried and handled by the app', async () => {
    const app = await startApp(create(store, 'crm'));
    await app.deliver('one');
    await app.deliver('two');
    await app.dead(2);
    const listed = await inbox(store, 'list', '--name', 'crm', '--handler', 'crm', '--json');
    expect(valuesOf(listed)).toHaveLength(2);
    expect(valuesOf(listed)).toContainEqual(
      expect.objectContaining({ id: 'one', code: 'PERMANENT_FAILURE', doneHandlers: ['audit'] }),
    );
    app.repair();
    const retried = await inbox(store, 'retry', '--all', '--yes', '--name', 'crm');
    expect(retried).toMatchObject({ exitCode: 0, stderr: '2 of 2 entries retried.\ndone: 2\n' });
    expect([...app.handled].sort()).toEqual(['one', 'two']);
    const counted = await inbox(store, 'counts', '--name', 'crm', '--json');
    expect(valuesOf(counted)).toMatchObject([{ done: 2, dead: 0 }]);
  });

  test.skipIf(!isInstalled)('a server that hangs or is away is an error within seconds', async () => {
    server.pause();
    try {
      await expectNoAnswer(store);
    } finally {
      server.resume();
    }
    await expectNoAnswer(addressOf(1)); // Nothing listens on this port.
  });

  test('a server that accepts connections and says nothing is an error within seconds', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await new Promise((resolve) => silent.once('listening', resolve));
    await expectNoAnswer(addressOf((silent.address() as { port: number }).port));
  });
});

/** A process takes a second or more to start on a busy machine. */
async function expectNoAnswer(store: string): Promise<void> {
  const startMs = performance.now();
  const { exitCode, stderr } = await inbox(store, 'counts');
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/ cannot be used\. \S+/);
  expect(stderr).not.toContain('a-password');
  expect(performance.now() - startMs).toBeLessThan(20_000);
}
