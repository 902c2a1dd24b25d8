import { once } from 'node:events';
import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import { createReceiver } from '@showpad-webhooks/core';
import type { InboxJob } from '@showpad-webhooks/core/inbox';
import type { Server } from '@showpad-webhooks/servers';
import type { RedisQueueBackend } from 'bullmq';
import type { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ENGINES } from './servers.ts';
import { consumerOf, deliver, entryOf, KEY, TYPE } from './support.ts';

/** How long something takes, in ms. */
async function timeOf(promise: Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await promise;
  return performance.now() - startedMs;
}

describe.each(ENGINES)('with $engine', ({ isInstalled, start, sourceOf }) => {
  /** A server of its own for a test. */
  async function startServer(settings?: Readonly<Record<string, string>>): Promise<Server> {
    const server = await start(settings);
    onTestFinished(() => server.remove());
    return server;
  }

  test.skipIf(!isInstalled)(
    'killed and started again under load: 503 while it is down, nothing acknowledged is lost, and we need no restart',
    async () => {
      const server = await startServer();
      const inbox = createBullmqInbox(sourceOf(server));
      const handled = new Set<string>();
      const acknowledged: string[] = [];
      const answers = new Set<string>();
      const receiver = createReceiver({ keys: KEY, inbox, on: { [TYPE]: (event) => handled.add(event.id) } });
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
          interval: 5,
        });
      await more(50);
      await server.kill();
      await vi.waitFor(() => expect(answers).toContain('503 INBOX_FAILED'));
      await server.start();
      await more(acknowledged.length + 50);
      isOver = true;
      await Promise.all(senders);
      expect([...answers].sort()).toEqual(['202 queued', '503 INBOX_FAILED']);
      await vi.waitFor(() => expect(acknowledged.filter((id) => !handled.has(id))).toEqual([]), {
        interval: 50,
      });
      await receiver.close();
    },
    120_000,
  );

  test.skipIf(!isInstalled)(
    'that hangs: 503 in time, and what lands later is a duplicate of the retry',
    async () => {
      const server = await startServer();
      const inbox = createBullmqInbox(sourceOf(server));
      const receiver = createReceiver({ keys: KEY, inbox });
      const causes: string[] = [];
      receiver.onError(({ cause }) => causes.push((cause as Error).message));
      expect(await deliver(receiver, '1')).toBe('202 queued');
      server.pause();
      expect(await deliver(receiver, '2')).toBe('503 INBOX_FAILED');
      expect(causes).toEqual(['There was no result within 2500 ms.']);
      server.resume();
      await vi.waitFor(async () => expect(await deliver(receiver, '2')).toMatch(/^20\d (duplicate|queued)$/));
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ pending: 2 }));
      await receiver.close();
    },
    60_000,
  );

  test.skipIf(!isInstalled)(
    'that hangs: each call of an operator ends with an error, and works again afterwards',
    async () => {
      const server = await startServer();
      const inbox = createBullmqInbox(sourceOf(server));
      onTestFinished(() => inbox.close({ timeoutMs: 0 }));
      expect(await inbox.counts()).toEqual({ pending: 0, leased: 0, done: 0, dead: 0 });
      server.pause();
      const calls = [
        inbox.list(),
        inbox.counts(),
        inbox.retry({ state: 'dead' }),
        inbox.discard({ id: '1' }),
        inbox.purge(),
      ];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ reason: { message: 'The server did not answer within 2500 ms.' } });
      }
      expect(await inbox.health()).toEqual({
        isReachable: false,
        lagMs: 0,
        problems: [expect.stringMatching(/^The store cannot be read: /)],
      });
      server.resume();
      await vi.waitFor(async () => expect(await inbox.list()).toEqual({ items: [], next: undefined }));
    },
    60_000,
  );

  test.skipIf(!isInstalled)(
    'that was away for long: the next attempt to connect comes within a second, unless the app wants it otherwise',
    async () => {
      const server = await startServer();
      const source = sourceOf(server);
      const own = { ...source.connection, retryStrategy: () => 5_000 };
      for (const [connection, expected] of [
        [source.connection, 1_000],
        [own, 5_000],
      ] as const) {
        const inbox = createBullmqInbox({ connection });
        onTestFinished(() => inbox.close({ timeoutMs: 0 }));
        await inbox.counts();
        const { client } = inbox.queue.getBackend() as unknown as RedisQueueBackend;
        const { options } = (await client) as unknown as Redis;
        expect(options.retryStrategy?.(1_000)).toBe(expected);
      }
    },
    60_000,
  );

  test.skipIf(!isInstalled)(
    'that was never there: a call of an operator ends with an error',
    async () => {
      const inbox = createBullmqInbox(sourceOf({ port: 1 }));
      await expect(inbox.list()).rejects.toThrow();
      expect(await timeOf(inbox.close({ timeoutMs: 1_000 }))).toBeLessThan(5_000);
    },
    60_000,
  );

  test.skipIf(!isInstalled)(
    'away at the start: start() rejects, and works once it is there',
    async () => {
      const server = await startServer();
      await server.kill();
      const inbox = createBullmqInbox(sourceOf(server));
      const receiver = createReceiver({ keys: KEY, inbox, on: { [TYPE]: () => {} } });
      onTestFinished(() => receiver.close({ timeoutMs: 0 }));
      await expect(receiver.start()).rejects.toThrow('The server of the inbox "default" cannot be reached: ');
      expect(await inbox.health()).toMatchObject({ isReachable: false });
      await server.start();
      await vi.waitFor(() => receiver.start(), { interval: 50 });
      expect(await deliver(receiver, '1')).toBe('202 queued');
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
    },
    60_000,
  );

  const ends: readonly (readonly [string, (server: Server) => unknown])[] = [
    ['killed', (server) => server.kill()],
    ['being killed', (server) => void server.kill()],
    ['hanging', (server) => server.pause()],
  ];
  test.skipIf(!isInstalled).each(ends)(
    '%s at the end: close() keeps to its time, also with a handler that never ends',
    async (_how, end) => {
      const server = await startServer();
      const idle = createBullmqInbox({ ...sourceOf(server), name: 'idle' });
      const busy = createBullmqInbox({ ...sourceOf(server), name: 'busy' });
      let begin = (_job: InboxJob) => {};
      const running = new Promise<InboxJob>((resolve) => {
        begin = resolve;
      });
      const process = (job: InboxJob) => {
        begin(job);
        return new Promise<undefined>(() => {});
      };
      for (const inbox of [idle, busy]) await inbox.start(consumerOf(process));
      await busy.put(entryOf('1'));
      const { signal } = await running;
      await end(server);
      for (const inbox of [idle, busy]) {
        expect(await timeOf(inbox.close({ timeoutMs: 1_000 }))).toBeLessThan(5_000);
      }
      expect(signal.aborted).toBe(true);
      await expect(busy.put(entryOf('2'))).rejects.toThrow('The inbox is closed.');
    },
    60_000,
  );

  test.skipIf(!isInstalled)(
    'that let go of a lock: the handlers that are left run once the earlier run has ended, and only those',
    async () => {
      const server = await startServer();
      const leaseMs = 300;
      const inbox = createBullmqInbox({ ...sourceOf(server), leaseMs, backoff: () => 1 });
      const receiver = createReceiver({ keys: KEY, inbox }).onError(() => {});
      onTestFinished(() => receiver.close({ timeoutMs: 0 }));
      const ran: string[] = [];
      receiver.on(TYPE, () => void ran.push('first'), { name: 'first' });
      receiver.on(
        TYPE,
        async (_event, { signal, attempt }) => {
          ran.push('second');
          if (attempt > 1) return;
          // The lock runs out, because nothing renews it while the event loop is blocked.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * leaseMs);
          if (!signal.aborted) await once(signal, 'abort');
        },
        { name: 'second' },
      );
      receiver.on(TYPE, () => void ran.push('third'), { name: 'third' });
      await receiver.start();
      expect(await deliver(receiver, '1')).toBe('202 queued');
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
      expect(ran).toEqual(['first', 'second', 'second', 'third']);
    },
    60_000,
  );
});
