import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import type { Server } from '@showpad-webhooks/servers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ENGINES } from './servers.ts';
import { consumerOf, entryOf, failure, nameOf } from './support.ts';

describe.each(ENGINES)('with $engine', ({ isInstalled, start, sourceOf }) => {
  let server: Server;
  beforeAll(async () => {
    if (isInstalled) server = await start();
  });
  afterAll(() => server?.remove());

  function open() {
    const inbox = createBullmqInbox({ ...sourceOf(server), name: nameOf(), maxAttempts: 1 });
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    return inbox;
  }

  test.skipIf(!isInstalled)(
    'all pending events at once cannot be discarded, and no other state can',
    async () => {
      const inbox = open();
      await inbox.put(entryOf('1'));
      for (const target of [{ state: 'pending' }, { state: 'leased' }, {}, undefined]) {
        await expect(inbox.discard(target as never)).rejects.toThrow(TypeError);
        await expect(inbox.retry(target as never)).rejects.toThrow(TypeError);
      }
      expect(await inbox.counts()).toMatchObject({ pending: 1 });
      expect(await inbox.discard({ id: '1' })).toBe(1);
    },
  );

  test.skipIf(!isInstalled)(
    'an attempt that fails leaves alone which handlers are done, because another process may have noted more',
    async () => {
      const inbox = open();
      await inbox.start(consumerOf(async () => failure()));
      await inbox.put(entryOf('1'));
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ dead: 1 }));
      const [job] = await inbox.queue.getJobs(['failed']);
      expect(job?.progress).toBe(0); // Nothing wrote it.
      expect((await inbox.list()).items).toMatchObject([
        { failures: [{ attempt: 1, code: 'HANDLER_FAILED' }] },
      ]);
    },
  );

  test.skipIf(!isInstalled)(
    'all of many dead events are retried and discarded',
    async () => {
      const inbox = open();
      let isDown = true;
      await inbox.start(consumerOf(async () => (isDown ? failure() : undefined)));
      for (let count = 0; count < 12; count++) await inbox.put(entryOf(`${count}`));
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ dead: 12 }));
      isDown = false;
      expect(await inbox.retry({ state: 'dead' })).toBe(12);
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 12 }));
      expect(await inbox.discard({ state: 'done' })).toBe(12);
    },
    60_000,
  );

  test.skipIf(!isInstalled)(
    'what is done has no body and no headers',
    async () => {
      const inbox = open();
      await inbox.start(consumerOf(async () => undefined));
      await inbox.put({ ...entryOf('1'), headers: { 'x-secret': 'a' } });
      await vi.waitFor(async () => {
        const [item] = (await inbox.list({ id: '1' })).items;
        expect(item).toMatchObject({ state: 'done', hasBody: false, headers: {} });
      });
      await expect(inbox.retry({ id: '1' })).rejects.toThrow('keepDoneBodies');
    },
    60_000,
  );
});
