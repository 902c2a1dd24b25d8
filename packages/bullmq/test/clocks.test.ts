import { type BullmqInboxOptions, createBullmqInbox } from '@showpad-webhooks/bullmq';
import type { Server } from '@showpad-webhooks/servers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ENGINES } from './servers.ts';
import { consumerOf, entryOf, failure, nameOf } from './support.ts';

/** Long enough that a busy machine renews it in time. */
const LONG_LEASE_MS = 10_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Sets the clock of this process. A second call counts from the right time again. */
function setClock(stepMs: number): void {
  const right = performance.timeOrigin + performance.now();
  const setAtMs = performance.now();
  vi.spyOn(Date, 'now').mockImplementation(() => Math.round(right + performance.now() - setAtMs + stepMs));
  onTestFinished(() => void vi.restoreAllMocks());
}

describe.each(ENGINES)('with $engine', ({ isInstalled, start, sourceOf, moveAttempt, moveEnd }) => {
  let server: Server;
  beforeAll(async () => {
    if (isInstalled) server = await start();
  });
  afterAll(() => server?.remove());

  function open(options: Partial<BullmqInboxOptions> = {}) {
    const inbox = createBullmqInbox({
      ...sourceOf(server),
      name: nameOf(),
      ...options,
    } as BullmqInboxOptions);
    onTestFinished(() => inbox.close({ timeoutMs: 0 }));
    return inbox;
  }

  /** Fails the first attempt of each event. */
  const failOnce = consumerOf(async ({ attempt }) => (attempt === 1 ? failure() : undefined));

  test.skipIf(!isInstalled).each([DAY_MS, -DAY_MS])(
    'an attempt that fails while the clock is wrong by %i ms is tried again in time',
    async (stepMs) => {
      const inbox = open({ backoff: () => 50 });
      setClock(stepMs);
      await inbox.start(failOnce);
      await inbox.put(entryOf('1'));
      await vi.waitFor(async () => {
        const [item] = (await inbox.list({ id: '1' })).items;
        expect(item?.error?.code).toBe('HANDLER_FAILED');
      });
      setClock(0);
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
    },
    60_000,
  );

  test.skipIf(!isInstalled)(
    'what waits for its next attempt comes in time although the clock is set back',
    async () => {
      const inbox = open({ backoff: () => 500 });
      let attempts = 0;
      const process = async () => {
        if (++attempts > 1) return undefined;
        setImmediate(() => setClock(-DAY_MS));
        return failure();
      };
      await inbox.start(consumerOf(process));
      await inbox.put(entryOf('1'));
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
    },
    60_000,
  );

  test.skipIf(!isInstalled)(
    'what waits for its next attempt does not come early because the clock is ahead',
    async () => {
      const runs: string[] = [];
      const inbox = open({ backoff: () => HOUR_MS / 2 });
      await inbox.start(
        consumerOf(async ({ id }) => {
          runs.push(id);
          return id === 'fails' ? failure() : undefined;
        }),
      );
      await inbox.put(entryOf('fails'));
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ pending: 1 }));
      setClock(HOUR_MS);
      for (const id of ['1', '2', '3']) {
        await inbox.put(entryOf(id));
        await vi.waitFor(() => expect(runs.at(-1)).toBe(id));
      }
      expect(runs).toEqual(['fails', '1', '2', '3']);
      expect((await inbox.health()).lagMs).toBeLessThan(HOUR_MS / 2);
    },
    60_000,
  );

  test.skipIf(!isInstalled).each([DAY_MS, -DAY_MS])(
    'a step of %i ms lets no other process take what runs',
    async (stepMs) => {
      const name = nameOf();
      const runs: string[] = [];
      let end = () => {};
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      onTestFinished(end);
      const process = async ({ id }: { id: string }) => {
        runs.push(id);
        await (id === 'slow' ? ended : undefined);
        return undefined;
      };
      // The first one is busy, so only the other one could take anything.
      const one = open({ name, leaseMs: LONG_LEASE_MS, concurrency: 1 });
      const other = open({ name, leaseMs: LONG_LEASE_MS });
      await one.start(consumerOf(process));
      await one.put(entryOf('slow'));
      await vi.waitFor(() => expect(runs).toEqual(['slow']));
      setClock(stepMs);
      await other.start(consumerOf(process));
      // With leases by the wall clock, the first look of the other process would take it.
      for (let count = 0; count < 20; count++) {
        await one.put(entryOf(`${count}`));
        await vi.waitFor(() => expect(runs).toContain(`${count}`));
      }
      end();
      await vi.waitFor(async () => expect(await one.counts()).toMatchObject({ leased: 0 }));
      expect(runs.filter((id) => id === 'slow')).toEqual(['slow']);
    },
    60_000,
  );

  test.skipIf(!isInstalled)(
    'nothing recent is deleted because the clock is ahead by 60 days',
    async () => {
      const inbox = open({ maxAttempts: 1 });
      await inbox.start(consumerOf(async ({ id }) => (id === 'fails' ? failure() : undefined)));
      await inbox.put(entryOf('fails'));
      await inbox.put(entryOf('1'));
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1, dead: 1 }));
      setClock(60 * DAY_MS);
      await inbox.put(entryOf('2'));
      await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 2, dead: 1 }));
      expect(await inbox.purge()).toBe(0);
      setClock(0);
      const { items } = await inbox.list({ state: 'done' });
      for (const { settledAtMs } of items)
        expect(Math.abs(Number(settledAtMs) - Date.now())).toBeLessThan(HOUR_MS);
    },
    60_000,
  );

  test.skipIf(!isInstalled)(
    'nothing is deleted at the start, because the clocks of a machine that has both may be ahead until they are set',
    async () => {
      const name = nameOf();
      const first = open({ name, maxAttempts: 1 });
      await first.start(consumerOf(async () => failure()));
      await first.put(entryOf('fails'));
      await vi.waitFor(async () => expect(await first.counts()).toMatchObject({ dead: 1 }));
      await moveEnd(first, 60 * DAY_MS);
      await first.close();
      const second = open({ name });
      await second.start(consumerOf(async () => undefined));
      for (let count = 1; count <= 20; count++) {
        await second.put(entryOf(`${count}`));
        await vi.waitFor(async () => expect(await second.counts()).toMatchObject({ done: count }));
      }
      expect(await second.counts()).toMatchObject({ dead: 1 });
      expect(await second.purge()).toBe(1);
    },
    60_000,
  );

  test.skipIf(!isInstalled)(
    'what waits for a time that only a wrong clock of the server can have set is due when the clock is right',
    async () => {
      const name = nameOf();
      const first = open({ name, backoff: () => HOUR_MS });
      await first.start(failOnce);
      await first.put(entryOf('1'));
      await vi.waitFor(async () => {
        const [item] = (await first.list({ id: '1' })).items;
        expect(item).toMatchObject({ state: 'pending', error: { code: 'HANDLER_FAILED' } });
      });
      await moveAttempt(first, DAY_MS);
      await first.close();
      const second = open({ name });
      await second.start(failOnce);
      await vi.waitFor(async () => expect(await second.counts()).toMatchObject({ done: 1 }));
      expect((await second.health()).problems).toEqual([
        expect.stringMatching(
          /^1 events had been tried at times that are still in the future, so the clock of the server was ahead/,
        ),
      ]);
    },
    60_000,
  );
});
