import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import type { InboxConsumer } from '@showpad-webhooks/core/inbox';
import { findServer } from '@showpad-webhooks/servers';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { entryOf, nameOf } from './support.ts';
import { useRedis } from './use-redis.ts';

/** What others can write into a queue, as the fields of a job. */
const PLANTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'data that is no JSON': { name: 'planted', data: 'planted {"secret":1}', opts: '{}' },
  'data of another kind': { name: 'planted', data: '{"foo":1}', opts: '{}' },
  'data that is null': { name: 'planted', data: 'null', opts: '{}' },
  'no data': { name: 'planted', timestamp: '1' },
  'options that are no JSON': { name: 'planted', data: '{}', opts: 'x' },
  'options that are null': { name: 'planted', data: '{}', opts: 'null' },
  'progress that is no JSON': { name: 'planted', data: '{}', opts: '{}', progress: 'x' },
  'a parent that is no JSON': { name: 'planted', data: '{}', opts: '{}', parent: 'x' },
  'a parent of another kind': { name: 'planted', data: '{}', opts: '{}', parent: '5' },
  'a parent that is not there': { name: 'planted', data: '{}', opts: '{}', parentKey: 'bull:none:1' },
  'a schedule that is not there': { name: 'planted', data: '{}', opts: '{}', rjk: 'none' },
  'an entry that is no JSON': { name: 'planted', data: '{"entry":"x","body":"","bodyBytes":0}', opts: '{}' },
  'many attempts': { name: 'planted', data: '{"entry":"x"}', opts: '{"attempts":8}' },
};

describe.skipIf(!findServer('redis-server'))('a job that cannot be read', () => {
  const used = useRedis();

  function open() {
    const inbox = createBullmqInbox({
      connection: { host: '127.0.0.1', port: used.server.port },
      name: nameOf(),
      concurrency: 1,
    });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    return inbox;
  }

  /** A consumer that notes what it got. */
  function collect() {
    const handled: string[] = [];
    const errors: string[] = [];
    const consumer: InboxConsumer = {
      async process({ id }) {
        handled.push(id);
        return undefined;
      },
      onDead() {},
      onError: (operation, cause) => errors.push(`${operation}: ${(cause as Error).message}`),
    };
    return { handled, errors, consumer };
  }

  test.each(Object.entries(PLANTED))(
    '%s: it is dead and says why, and all else is handled',
    async (_what, fields) => {
      const inbox = open();
      const { handled, errors, consumer } = collect();
      await inbox.put(entryOf('1'));
      await used.redis.hset(inbox.queue.toKey('planted'), { ...fields });
      await used.redis.lpush(inbox.queue.toKey('wait'), 'planted');
      await inbox.put(entryOf('2'));
      expect((await inbox.list({ state: 'pending' })).items.map(({ id }) => id)).toEqual([
        '2',
        'planted',
        '1',
      ]);
      await inbox.start(consumer);
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 2, dead: 1 }));
      expect(handled).toEqual(['1', '2']);
      expect(errors).toEqual([expect.stringMatching(/^read: The job cannot be read\. /)]);
      expect(errors.join()).not.toContain('secret');
      const { items } = await inbox.list({ state: 'dead' });
      expect(items).toMatchObject([
        { id: 'planted', state: 'dead', hasBody: false, error: { code: 'INBOX_FAILED' } },
      ]);
      expect(await inbox.retry({ state: 'dead' })).toBe(0);
      expect(await inbox.discard({ id: 'planted' })).toBe(1);
      expect(await inbox.counts()).toEqual({ pending: 0, leased: 0, done: 2, dead: 0 });
    },
    60_000,
  );

  test.each(Object.entries(PLANTED))(
    '%s, among the dead: the list has it and the others',
    async (_what, fields) => {
      const inbox = open();
      const error = { code: 'BODY_INVALID', message: 'The body is no JSON object.' };
      const { consumer } = collect();
      await inbox.start(consumer);
      await inbox.put({ ...entryOf('invalid:1'), error });
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ dead: 1 }));
      await used.redis.hset(inbox.queue.toKey('planted'), { ...fields });
      await used.redis.zadd(inbox.queue.toKey('failed'), 1, 'planted');
      const { items } = await inbox.list({ state: 'dead' });
      expect(items.map(({ id, error }) => [id, error?.code])).toEqual([
        ['invalid:1', 'BODY_INVALID'],
        ['planted', 'INBOX_FAILED'],
      ]);
      expect(await inbox.discard({ state: 'dead' })).toBe(2);
    },
    60_000,
  );

  test('an event whose stored body was cut is not handled', async () => {
    const inbox = open();
    const { handled, consumer } = collect();
    await inbox.put(entryOf('1'));
    const [job] = await inbox.queue.getJobs(['waiting']);
    await job?.updateData({ ...job.data, body: '' });
    await inbox.start(consumer);
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ dead: 1 }));
    expect(handled).toEqual([]);
    expect((await inbox.list()).items[0]?.error?.message).toContain('Its body is not complete.');
  });

  test('a job that is not there after it was added is not reported as stored', async () => {
    const inbox = open();
    const { queue } = inbox;
    const add = queue.add.bind(queue);
    // Somebody deletes the job between the two commands of the inbox.
    queue.add = async (...args) => {
      const job = await add(...args);
      await job.remove();
      return job;
    };
    await expect(inbox.put(entryOf('1'))).rejects.toThrow('is not there any more');
  });
});
