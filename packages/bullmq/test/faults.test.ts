import { createBullmqInbox, createRedisLedger } from '@showpad-webhooks/bullmq';
import { createReceiver, type Receiver } from '@showpad-webhooks/core';
import { ledgerConformance, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { type Server, startRedis } from '@showpad-webhooks/servers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ENGINES } from './servers.ts';

const key = 'test-key';
const TYPE = 'shared-space-user-added';

async function deliver(receiver: Receiver, id: string): Promise<string> {
  const delivery = signedDelivery({ ...sampleEvent(TYPE), id }, { key });
  const { response, outcome, error } = await receiver.receive(delivery);
  return `${response.status} ${error?.code ?? outcome}`;
}

describe.each(ENGINES)('with $engine', ({ engine, isInstalled, start, sourceOf }) => {
  test.skipIf(!isInstalled)(
    'killed and started again under load: 503 while it is down, nothing acknowledged lost, and no restart of ours',
    async () => {
      const server = await start();
      onTestFinished(() => server.remove());
      const inbox = createBullmqInbox(sourceOf(server));
      const handled = new Set<string>();
      const acknowledged: string[] = [];
      const answers = new Set<string>();
      const receiver = createReceiver({ keys: key, inbox, on: { [TYPE]: (event) => handled.add(event.id) } });
      await receiver.start();
      let isOver = false;
      const send = async (sender: number) => {
        for (let number = 0; !isOver; number++) {
          const id = `${sender}-${number}`;
          const answer = await deliver(receiver, id);
          answers.add(answer);
          if (answer === '202 queued') acknowledged.push(id);
          else await new Promise((resolve) => setTimeout(resolve, 10));
        }
      };
      const senders = Array.from({ length: 8 }, (_, sender) => send(sender));
      const more = (count: number) =>
        vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(count), {
          timeout: 30_000,
          interval: 5,
        });
      await more(50);
      await server.kill();
      await vi.waitFor(() => expect(answers).toContain('503 INBOX_FAILED'), { timeout: 10_000 });
      await server.start();
      await more(acknowledged.length + 50);
      isOver = true;
      await Promise.all(senders);
      expect([...answers].sort()).toEqual(['202 queued', '503 INBOX_FAILED']);
      await vi.waitFor(() => expect(acknowledged.filter((id) => !handled.has(id))).toEqual([]), {
        timeout: 60_000,
        interval: 50,
      });
      await receiver.close();
    },
    120_000,
  );

  test.skipIf(!isInstalled)(
    'that hangs: 503 in time, and what lands later is a duplicate of the retry',
    async () => {
      const server = await start();
      onTestFinished(() => server.remove());
      const inbox = createBullmqInbox(sourceOf(server));
      const receiver = createReceiver({ keys: key, inbox });
      expect(await deliver(receiver, '1')).toBe('202 queued');
      server.pause();
      const startedMs = performance.now();
      expect(await deliver(receiver, '2')).toBe('503 INBOX_FAILED');
      expect(performance.now() - startedMs).toBeLessThan(5_000);
      server.resume();
      await vi.waitFor(
        async () => expect(await deliver(receiver, '2')).toMatch(/^20\d (duplicate|queued)$/),
        {
          timeout: 10_000,
        },
      );
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ pending: 2 }), {
        timeout: 10_000,
      });
      await receiver.close();
    },
    60_000,
  );

  test.skipIf(!isInstalled)(
    'away at the start: start() rejects, and works once it is there',
    async () => {
      const server = await start();
      onTestFinished(() => server.remove());
      await server.kill();
      const inbox = createBullmqInbox(sourceOf(server));
      const receiver = createReceiver({ keys: key, inbox, on: { [TYPE]: () => {} } });
      onTestFinished(() => receiver.close({ timeoutMs: 0 }));
      await expect(receiver.start()).rejects.toThrow('the server of the inbox "default" can\'t be reached');
      expect(await inbox.health()).toMatchObject({ isReachable: false });
      await server.start();
      await vi.waitFor(() => receiver.start(), { timeout: 30_000, interval: 50 });
      expect(await deliver(receiver, '1')).toBe('202 queued');
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }), {
        timeout: 10_000,
      });
    },
    60_000,
  );

  test.skipIf(!isInstalled)(
    'away at the end: close() keeps to its time',
    async () => {
      const server = await start();
      onTestFinished(() => server.remove());
      const inbox = createBullmqInbox(sourceOf(server));
      const receiver = createReceiver({ keys: key, inbox, on: { [TYPE]: () => {} } });
      await receiver.start();
      await server.kill();
      const startedMs = performance.now();
      await receiver.close({ timeoutMs: 200 });
      expect(performance.now() - startedMs).toBeLessThan(5_000);
    },
    60_000,
  );

  type Settings = readonly [Readonly<Record<string, string>>, readonly RegExp[]];
  const unsafe: Record<typeof engine, readonly Settings[]> = {
    redis: [
      [{}, []],
      [{ appendfsync: 'everysec' }, [/appendfsync everysec.*Set appendfsync always/]],
      [
        { appendonly: 'no', 'maxmemory-policy': 'allkeys-lru' },
        [/allkeys-lru.*Set noeviction/, /appendonly no/],
      ],
    ],
    postgres: [
      [{}, []],
      [{ synchronous_commit: 'off' }, [/synchronous_commit off/]],
    ],
  };

  test.skipIf(!isInstalled).each(unsafe[engine])(
    'started with %j: says what loses events',
    async (settings, patterns) => {
      const server = await start(settings);
      onTestFinished(() => server.remove());
      const inbox = createBullmqInbox(sourceOf(server));
      const told: string[] = [];
      const receiver = createReceiver({ keys: key, inbox }).onError(({ cause }) =>
        told.push(`${(cause as Error).message}`),
      );
      await receiver.start();
      const { problems } = await inbox.health();
      for (const messages of [told, problems]) {
        expect(messages).toEqual(patterns.map((pattern) => expect.stringMatching(pattern)));
      }
      await receiver.close();
    },
    60_000,
  );
});

const [redis] = ENGINES;

describe.skipIf(!redis?.isInstalled)('the ledger in Redis', () => {
  let server: Server;
  let ledger: ReturnType<typeof createRedisLedger>;
  beforeAll(async () => {
    server = await startRedis();
    ledger = createRedisLedger({ connection: { host: '127.0.0.1', port: server.port } });
  });
  afterAll(async () => {
    await ledger.close();
    await server.remove();
  });

  for (const { name, run } of ledgerConformance(() => ledger)) test(name, run);

  test('closes even where Redis was never there', async () => {
    const away = createRedisLedger({ connection: { host: '127.0.0.1', port: 1 } });
    await away.close();
  });

  test('fails at once while Redis is away, and works again when it is back', async () => {
    const receiver = createReceiver({ keys: key, ledger, on: { [TYPE]: () => {} } });
    expect(await deliver(receiver, '1')).toBe('200 handled');
    await server.kill();
    expect(await deliver(receiver, '2')).toBe('503 LEDGER_FAILED');
    await server.start();
    await vi.waitFor(async () => expect(await deliver(receiver, '2')).toBe('200 handled'), {
      timeout: 20_000,
    });
    expect(await deliver(receiver, '1')).toBe('200 duplicate');
  }, 60_000);
});

test('names what is missing', () => {
  expect(() => createBullmqInbox({} as never)).toThrow(
    "pass { connection: { host: 'localhost' } } for Redis",
  );
  expect(() => createRedisLedger({ connection: {}, ttlMs: 0 })).toThrow('ttlMs must be a number above 0');
});
