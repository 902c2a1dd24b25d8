import { type BullmqInboxOptions, createBullmqInbox } from '@showpad-webhooks/bullmq';
import { createReceiver } from '@showpad-webhooks/core';
import { findServer } from '@showpad-webhooks/servers';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { consumerOf, deliver, entryOf, KEY, nameOf, TYPE } from './support.ts';
import { useRedis } from './use-redis.ts';

const BODY = Buffer.from(JSON.stringify({ id: '1', type: TYPE, data: 'x'.repeat(100_000) }));

describe.skipIf(!findServer('redis-server'))('the memory of Redis', () => {
  const used = useRedis();

  function open(options: Partial<BullmqInboxOptions> = {}) {
    const connection = { host: '127.0.0.1', port: used.server.port };
    const inbox = createBullmqInbox({ connection, name: nameOf(), ...options } as BullmqInboxOptions);
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    return inbox;
  }

  const usedMemory = async () => Number(/used_memory:(\d+)/.exec(await used.redis.info('memory'))?.[1]);

  /** The bytes that are stored. Other than `used_memory`, this is without the buffers of connections. */
  async function storedBytes(): Promise<number> {
    const sizes = (await used.redis.keys('*')).map((key) =>
      used.redis.call('MEMORY', 'USAGE', key, 'SAMPLES', '0'),
    );
    return (await Promise.all(sizes)).reduce<number>((sum, size) => sum + Number(size), 0);
  }

  /** How often a lock was renewed. Nothing else uses PEXPIRE. */
  async function renewals(): Promise<number> {
    const [, calls = '0'] = /cmdstat_pexpire:calls=(\d+)/.exec(await used.redis.info('commandstats')) ?? [];
    return Number(calls);
  }

  /** Makes the memory a multiple of what is used now. */
  async function setMaxmemory(factor: number): Promise<void> {
    await used.redis.config('SET', 'maxmemory', String(Math.floor(factor * (await usedMemory()))));
    onTestFinished(async () => void (await used.redis.config('SET', 'maxmemory', '0')));
  }

  test('is given back by events that are done: no body and no headers are left, and lists still show the rest', async () => {
    const inbox = open();
    const before = await storedBytes();
    await inbox.start(consumerOf(async () => undefined));
    for (let count = 0; count < 50; count++) {
      await inbox.put({ ...entryOf(`${count}`), body: BODY, headers: { 'x-secret': 'y'.repeat(1_000) } });
    }
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 50 }));
    expect((await storedBytes()) - before).toBeLessThan(50 * 10_000);
    const { items } = await inbox.list({ state: 'done' });
    expect(items).toHaveLength(50);
    expect(items.at(-1)).toMatchObject({
      type: TYPE,
      state: 'done',
      bodyBytes: BODY.byteLength,
      hasBody: false,
      headers: {},
      receivedAtMs: expect.any(Number),
      error: undefined,
    });
    expect((await inbox.list({ id: '7' })).items[0]?.body).toBeUndefined();
    expect(await inbox.put({ ...entryOf('7'), body: BODY })).toEqual({ isConflict: false });
  });

  test('is not given back with keepDoneBodies, and then what is done can be retried', async () => {
    for (const keepDoneBodies of [false, true]) {
      const inbox = open({ keepDoneBodies });
      let runs = 0;
      await inbox.start(
        consumerOf(async ({ body }) => {
          expect(Buffer.from(body)).toEqual(BODY);
          runs++;
          return undefined;
        }),
      );
      await inbox.put({ ...entryOf('1'), body: BODY });
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
      if (keepDoneBodies) {
        expect(await inbox.retry({ id: '1' })).toBe(1);
        await vi.waitFor(() => expect(runs).toBe(2));
      } else {
        for (const target of [{ id: '1' }, { state: 'done' }] as const) {
          await expect(inbox.retry(target)).rejects.toThrow('keepDoneBodies');
        }
        expect(await inbox.counts()).toMatchObject({ done: 1 });
      }
    }
  });

  test('that is done and is retried with a tool of BullMQ is dead, and runs no handler without a body', async () => {
    const inbox = open();
    let runs = 0;
    const process = async () => {
      runs++;
      return undefined;
    };
    await inbox.start(consumerOf(process));
    await inbox.put(entryOf('1'));
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
    const [job] = await inbox.queue.getJobs(['completed']);
    await job?.retry('completed');
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ dead: 1 }));
    expect(runs).toBe(1);
    expect((await inbox.list()).items[0]?.error?.message).toContain(
      'Its body was deleted when the event was done.',
    );
    await expect(inbox.retry({ state: 'dead' })).rejects.toThrow('keepDoneBodies');
  });

  test('is reported before it is full, and while puts fail, and no longer', async () => {
    const inbox = open();
    const receiver = createReceiver({ keys: KEY, inbox });
    expect((await inbox.health()).problems).toEqual([]);
    await setMaxmemory(1.1);
    expect(await inbox.health()).toMatchObject({
      isWritable: true,
      problems: [expect.stringMatching(/^Redis uses \d\d % of its maxmemory\. When it is full, /)],
    });
    await setMaxmemory(0.5);
    expect(await deliver(receiver, '1')).toBe('503 INBOX_FAILED');
    const { isWritable, problems } = await inbox.health();
    expect(isWritable).toBe(false);
    expect(problems).toEqual([
      expect.stringMatching(/^Events cannot be stored, so deliveries are answered with 503: OOM/),
      expect.stringMatching(/^Redis uses \d+ % of its maxmemory\. It is full, /),
    ]);
    await setMaxmemory(100);
    expect(await inbox.health()).toMatchObject({ isWritable: true, problems: [] });
    expect(await deliver(receiver, '1')).toBe('202 queued');
  });

  test('can be full of events that wait: they are handled, and that gives memory back', async () => {
    const inbox = open();
    for (let count = 0; count < 20; count++) await inbox.put({ ...entryOf(`${count}`), body: BODY });
    await setMaxmemory(0.9);
    await expect(inbox.put(entryOf('another'))).rejects.toThrow('OOM');
    let runs = 0;
    await inbox.start(
      consumerOf(async () => {
        runs++;
        return undefined;
      }),
    );
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 20, dead: 0 }));
    expect(runs).toBe(20);
  });

  test('can be full while a handler takes longer than its lease: the event stays with it, and is done once', async () => {
    const name = nameOf();
    const [one, other] = [open({ name, leaseMs: 2_000 }), open({ name, leaseMs: 2_000 })];
    let runs = 0;
    let finish = () => {};
    const finished = new Promise<undefined>((resolve) => {
      finish = () => resolve(undefined);
    });
    const process = async () => {
      runs++;
      return finished;
    };
    await one.start(consumerOf(process));
    await one.put(entryOf('1'));
    await vi.waitFor(() => expect(runs).toBe(1));
    await other.start(consumerOf(process));
    await setMaxmemory(0.5);
    const before = await renewals();
    // A lease is renewed three times, so this takes four leases.
    await vi.waitFor(async () => expect(await renewals()).toBeGreaterThan(before + 12));
    finish();
    await vi.waitFor(async () => expect(await one.counts()).toMatchObject({ done: 1 }));
    expect(runs).toBe(1);
  });

  test('an attempt that Redis refuses to end is ended again while the lock lasts', async () => {
    const inbox = open();
    let runs = 0;
    await inbox.start(
      consumerOf(async () => {
        runs++;
        // Redis refuses every write now, because it has no replica.
        await used.redis.config('SET', 'min-replicas-to-write', '1');
        return undefined;
      }),
    );
    onTestFinished(async () => void (await used.redis.config('SET', 'min-replicas-to-write', '0')));
    await inbox.put(entryOf('1'));
    await vi.waitFor(() => expect(runs).toBe(1));
    await vi.waitFor(async () =>
      expect((await used.redis.info('errorstats')).includes('NOREPLICAS')).toBe(true),
    );
    await used.redis.config('SET', 'min-replicas-to-write', '0');
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
    expect(runs).toBe(1);
  });
});
