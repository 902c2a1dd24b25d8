import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import type { InboxJob } from '@showpad-webhooks/core/inbox';
import { findServer } from '@showpad-webhooks/servers';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { consumerOf, entryOf, failure, nameOf } from './support.ts';
import { useRedis } from './use-redis.ts';

describe.skipIf(!findServer('redis-server'))('the letter of a dead entry', () => {
  const used = useRedis();

  function open(name: string) {
    const connection = { host: '127.0.0.1', port: used.server.port };
    const inbox = createBullmqInbox({ connection, name, leaseMs: 500, maxAttempts: 1 });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    return inbox;
  }

  /** Takes the locks of a queue away, as if this process had been paused for longer than its lease. */
  async function takeLocks(name: string): Promise<void> {
    for (const lock of await used.redis.keys(`bull:showpad-${name}:*:lock`)) await used.redis.del(lock);
  }

  test('is sent once, although the first process that failed it had lost it', async () => {
    const name = nameOf();
    const inbox = open(name);
    const letters: InboxJob[] = [];
    const process = async ({ isExhausted }: InboxJob) => {
      if (!isExhausted) await takeLocks(name);
      return failure();
    };
    await inbox.start({ ...consumerOf(process), onDead: (job) => letters.push(job) });
    await inbox.put(entryOf('1'));
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ dead: 1 }));
    await vi.waitFor(() => expect(letters).toHaveLength(1));
    expect(letters[0]).toMatchObject({ id: '1', isExhausted: true });
  });

  test('is not sent by a process that had lost the entry, if the next one handles it', async () => {
    const name = nameOf();
    const inbox = open(name);
    const letters: InboxJob[] = [];
    let runs = 0;
    const process = async () => {
      if (++runs > 1) return undefined;
      await takeLocks(name);
      return failure();
    };
    await inbox.start({ ...consumerOf(process), onDead: (job) => letters.push(job) });
    await inbox.put(entryOf('1'));
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
    expect(letters).toEqual([]);
  });
});
