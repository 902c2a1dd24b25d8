import {
  createReceiver,
  type EventOf,
  type HandlerContext,
  type ShowpadEventMap,
} from '@showpad-webhooks/core';
import { createMemoryLatestTimes, type LatestTimes, skipOlder } from '@showpad-webhooks/core/ordering';
import { sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { usedBytes } from '../memory.ts';
import { deferred, heldHandler, KEY, memoryLogger, settled, TYPE } from '../support.ts';

type UserAdded = EventOf<ShowpadEventMap, typeof TYPE>;

const keyOf = (event: UserAdded) => event.data.sharedSpace.id;
const at = (second: number) => new Date(Date.UTC(2026, 0, 15, 12, 0, second)).toISOString();

/** A receiver with a handler of spaces, which skips what is older. */
function spaces(handle: (event: UserAdded) => unknown, options: { readonly times?: LatestTimes } = {}) {
  const { logger, lines } = memoryLogger();
  const receiver = createReceiver({ keys: KEY, logger }).on(TYPE, skipOlder({ keyOf, ...options }, handle));
  const deliver = async (id: string, time: string, space = 'space-1') => {
    const sample = sampleEvent(TYPE);
    const data = { ...sample.data, sharedSpace: { ...sample.data.sharedSpace, id: space } };
    const { outcome } = await receiver.receive(signedDelivery({ ...sample, id, time, data }, { key: KEY }));
    return outcome;
  };
  return { deliver, lines };
}

describe('skipOlder', () => {
  test('skips an event that is older than one that was handled for the same object, and says so in the log', async () => {
    const ran: string[] = [];
    const { deliver, lines } = spaces(({ id }) => ran.push(id));
    expect(await deliver('first', at(1))).toBe('handled');
    expect(await deliver('third', at(3))).toBe('handled');
    expect(await deliver('second', at(2))).toBe('handled');
    expect(await deliver('fourth', at(4))).toBe('handled');
    expect(ran).toEqual(['first', 'third', 'fourth']);
    expect(lines.filter(({ msg }) => `${msg}`.includes('skipped'))).toEqual([
      expect.objectContaining({
        level: 30,
        receiverName: 'default',
        type: TYPE,
        id: 'second',
        msg: 'showpad webhook skipped: a later event was handled before',
      }),
    ]);
  });

  test('keeps objects apart', async () => {
    const handle = vi.fn();
    const { deliver } = spaces(handle);
    await deliver('a', at(3), 'space-1');
    await deliver('b', at(2), 'space-2');
    expect(handle).toHaveBeenCalledTimes(2);
  });

  test('runs events of the same time, because nobody knows their order', async () => {
    const handle = vi.fn();
    const { deliver } = spaces(handle);
    await deliver('a', at(1));
    await deliver('b', at(1));
    expect(handle).toHaveBeenCalledTimes(2);
  });

  test('runs events without a valid time, and they make no other event older', async () => {
    const handle = vi.fn();
    const { deliver } = spaces(handle);
    await deliver('a', at(1));
    await deliver('b', '2022-15-30T06:45:00.250Z');
    expect(handle).toHaveBeenCalledTimes(2);
    await deliver('c', at(0));
    expect(handle, 'an old one is skipped still').toHaveBeenCalledTimes(2);
    await deliver('d', at(1));
    expect(handle).toHaveBeenCalledTimes(3);
  });

  test('runs an event that failed again', async () => {
    const handle = vi.fn().mockRejectedValueOnce(new Error('The CRM is down.'));
    const { deliver } = spaces(handle);
    expect(await deliver('a', at(1))).toBe('failed');
    expect(await deliver('a', at(1))).toBe('handled');
    expect(handle).toHaveBeenCalledTimes(2);
  });

  test('skips nothing because of a later event that failed', async () => {
    const ran: string[] = [];
    let isDown = true;
    const { deliver } = spaces(({ id }) => {
      if (id === 'later' && isDown) throw new Error('The CRM is down.');
      ran.push(id);
    });
    expect(await deliver('later', at(2))).toBe('failed');
    expect(await deliver('earlier', at(1))).toBe('handled');
    isDown = false;
    expect(await deliver('later', at(2))).toBe('handled');
    expect(ran).toEqual(['earlier', 'later']);
  });

  test('waits for the handler of an earlier event of the object, so that it does not finish last', async () => {
    const ran: string[] = [];
    const earlier = deferred();
    const { deliver } = spaces(async ({ id }) => {
      if (id === 'earlier') await earlier.promise;
      ran.push(id);
    });
    const first = deliver('earlier', at(1));
    const second = deliver('later', at(2));
    expect(await deliver('of another', at(0), 'space-2')).toBe('handled');
    earlier.resolve();
    await Promise.all([first, second]);
    expect(ran).toEqual(['of another', 'earlier', 'later']);
  });

  test('runs one handler of an object at a time, also after others have ended', async () => {
    const { handler, run, runs, mostAtOnce } = heldHandler();
    const times = createMemoryLatestTimes();
    const start = (timeMs: number) =>
      times.runUnlessOlder('space-1', timeMs, () => handler(undefined, {} as HandlerContext));
    const [first, second] = [start(1), start(2)];
    await runs.has(1);
    run(0).resolve();
    await first;
    await runs.has(2);
    const third = start(3);
    await settled();
    expect(mostAtOnce()).toBe(1);
    run(1).resolve();
    await runs.has(3);
    run(2).resolve();
    expect(await Promise.all([second, third])).toEqual([true, true]);
  });

  test('compares the time that timeOf gives', async () => {
    const ran: string[] = [];
    const receiver = createReceiver<{ 'asset-changed': { version: number } }>({ keys: KEY });
    receiver.on(
      'asset-changed',
      skipOlder({ keyOf: () => 'asset-1', timeOf: ({ data }) => new Date(data.version) }, ({ id }) =>
        ran.push(id),
      ),
    );
    for (const version of [2, 1, 3]) {
      const body = JSON.stringify({ type: 'asset-changed', id: `version ${version}`, data: { version } });
      await receiver.receive(signedDelivery({ body }, { key: KEY }));
    }
    expect(ran).toEqual(['version 2', 'version 3']);
  });

  test.each([undefined, '', 7])('fails if keyOf returns %j, and the event is retried', async (key) => {
    const handle = vi.fn();
    const receiver = createReceiver({ keys: KEY });
    receiver.on(TYPE, skipOlder({ keyOf: () => key as never }, handle));
    const { response, error } = await receiver.receive(signedDelivery(TYPE, { key: KEY }));
    expect(response.status).toBe(500);
    expect(error?.cause).toEqual(
      new TypeError('The option "keyOf" of skipOlder() must return a text for every event.'),
    );
    expect(handle).not.toHaveBeenCalled();
  });

  test('uses a store of your own with one call', async () => {
    const runUnlessOlder = vi.fn(async (_key: string, _timeMs: number, run: () => Promise<void>) => {
      await run();
      return true;
    });
    const handle = vi.fn();
    const { deliver } = spaces(handle, { times: { runUnlessOlder } });
    expect(await deliver('a', at(1))).toBe('handled');
    expect(runUnlessOlder.mock.calls[0]?.slice(0, 2)).toEqual(['space-1', Date.parse(at(1))]);
    expect(handle).toHaveBeenCalledTimes(1);
  });

  test('keeps the name of the handler', () => {
    const options = { keyOf: () => 'key' };
    expect(skipOlder(options, function syncSpace() {}).name).toBe('syncSpace');
    expect(skipOlder(options, () => {}).name).toBe('');
  });
});

describe('createMemoryLatestTimes', () => {
  test('keeps nothing of an object but its time, and only for so many objects', async () => {
    const times = createMemoryLatestTimes({ maxKeys: 10 });
    const runAll = async (round: number) => {
      for (let index = 0; index < 20_000; index++) {
        await times.runUnlessOlder(`${round} ${index}`, 1, async () => {});
      }
    };
    await runAll(0);
    const before = usedBytes();
    await runAll(1);
    expect(usedBytes() - before).toBeLessThan(2_000_000);
  });

  test('drops the time that was noted longest ago', async () => {
    const times = createMemoryLatestTimes({ maxKeys: 2 });
    const run = (key: string, timeMs: number) => times.runUnlessOlder(key, timeMs, async () => {});
    await run('a', 2);
    await run('b', 2);
    await run('a', 3);
    await run('c', 2);
    expect(await run('a', 1)).toBe(false);
    expect(await run('c', 1)).toBe(false);
    expect(await run('b', 1)).toBe(true);
  });

  test('rejects a number of keys that is not above 0', () => {
    expect(() => createMemoryLatestTimes({ maxKeys: 0 })).toThrow(TypeError);
  });
});
