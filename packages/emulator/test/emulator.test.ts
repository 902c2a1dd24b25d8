import { createHook } from 'node:async_hooks';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator } from '@showpad-webhooks/emulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { call } from './api-client.ts';
import { KEY, openEmulator, subscribe, TYPE } from './open-emulator.ts';
import { openReceiver } from './open-receiver.ts';

describe('createEmulator', () => {
  it('starts, answers and stops many times over', async () => {
    const before = performance.now();
    for (let index = 0; index < 20; index++) {
      const emulator = await createEmulator();
      expect((await fetch(`${emulator.url}/__emulator/health`)).status).toBe(200);
      await emulator.close();
      await expect(fetch(emulator.url)).rejects.toThrow();
    }
    expect((performance.now() - before) / 20, 'ms each').toBeLessThan(200);
  });

  it('closes at the end of its block, and more than once', async () => {
    let url: string;
    {
      await using emulator = await createEmulator();
      ({ url } = emulator);
      await emulator.close();
      await expect(emulator.trigger(TYPE)).rejects.toThrow('The emulator is closed.');
      await expect(emulator.waitForDelivery()).rejects.toThrow('The emulator is closed.');
    }
    await expect(fetch(url)).rejects.toThrow();
  });

  it('keeps no process alive after it is closed, whatever it was doing', async () => {
    const hanging = await openReceiver(() => {});
    const handles = watchHandles();
    const emulator = await createEmulator();
    await subscribe(emulator, hanging.url);
    await subscribe(emulator, 'http://127.0.0.1:1/');
    await emulator.faults.add({ api: 'delivery', match: { type: 'late' }, action: { kind: 'delay' } });
    const controller = new AbortController();
    await fetch(`${emulator.url}/__emulator/stream`, controller);
    const waiting = expect(emulator.waitForDelivery({ type: 'none' })).rejects.toThrow('was closed');
    await emulator.trigger(TYPE);
    await emulator.trigger('late', {}, { subscriptionId: (await emulator.subscriptions.list())[0]?.id });
    await emulator.waitForDelivery({ state: 'will-retry' });
    expect(handles.keepingAlive().filter((type) => type === 'TCPSERVERWRAP')).toHaveLength(1);
    expect(handles.keepingAlive().filter((type) => type === 'Timeout').length).toBeGreaterThan(2);
    await emulator.close();
    await waiting;
    controller.abort();
    handles.stop();
    await expect.poll(handles.keepingAlive).toEqual([]); // Node reports a closed handle a moment longer.
  });

  it('leaves no timer of a body that was still being sent slowly', async () => {
    const emulator = await openEmulator({ assumptions: { timeoutMs: 20, noAnswer: 'give-up' } });
    await subscribe(emulator, (await openReceiver(() => {})).url);
    const action = { kind: 'slow-body', chunkBytes: 1, pauseMs: 60_000 } as const;
    await emulator.faults.add({ api: 'delivery', action });
    const handles = watchHandles();
    await emulator.trigger(TYPE);
    await emulator.waitForDelivery({ state: 'failed' });
    await emulator.close();
    handles.stop();
    await expect.poll(handles.open).toEqual([]);
  });

  it.each([
    [{ port: 70_000 }, 'port must be 65,535 or less.'],
    [{ clock: 'fast' }, 'clock must be one of these: "real", "manual".'],
    [{ seed: Number.NaN }, 'seed must be a number.'],
    [{ concurrency: 0 }, 'concurrency must be more than 0.'],
    [{ maxStoredAttempts: -1 }, 'maxStoredAttempts must be more than 0.'],
    [{ maxStoredBytes: Number.POSITIVE_INFINITY }, 'maxStoredBytes must be a finite number.'],
    [{ allowTargets: 'app' }, 'allowTargets must be a list.'],
    [{ oauth: { accessTokenSeconds: 0 } }, 'oauth.accessTokenSeconds must be more than 0.'],
    [
      { oauth: { clientID: 'x' } },
      /^oauth\.clientID is unknown\. Use one of these: clientId, clientSecret, /,
    ],
    [{ timeScale: 0 }, 'timeScale must be more than 0.'],
    [{ retryDelaysMs: [3_000, -1] }, 'retryDelaysMs[1] must be 0 or more.'],
    [{ retryDelaysMs: 3_000 }, 'retryDelaysMs must be a list.'],
    [{ colour: 'red' }, /^colour is unknown\. Use one of these: port, host, /],
    [{ port: -1, clock: 'fast' }, /^port must be .*\. clock must be .*\.$/],
  ])('refuses %j', async (options, message) => {
    const error = await createEmulator(options as object).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    if (message instanceof RegExp) expect(error.message).toMatch(message);
    else expect(error.message).toBe(message);
  });

  it.each([
    [{ retryDelays: 'never' }, 'retryDelays must be one of these: "offset", "interval".'],
    [{ timeoutMs: 0 }, 'timeoutMs must be 1 or more.'],
    [{ weather: 'fine' }, /^weather is unknown\. Use one of these: retryDelays, retrySignature, /],
  ])('refuses the assumptions %j', async (assumptions, message) => {
    await expect(createEmulator({ assumptions } as object)).rejects.toThrow(message);
  });

  it('treats an option that is undefined like one that is left out', async () => {
    const emulator = await openEmulator({ clock: undefined, oauth: { clientId: undefined } } as object);
    expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  });

  it('says why it can’t listen', async () => {
    const { url } = await openEmulator();
    const port = Number(new URL(url).port);
    await expect(createEmulator({ port })).rejects.toThrow(`${port}`);
  });

  it('uses the samples of a catalogue', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'showpad-webhooks-emulator-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const sample = {
      type: 'content-shared',
      specversion: 1,
      id: '1',
      time: '2026-01-05',
      data: { asset: { name: 'Name 1' } },
    };
    writeFileSync(join(folder, 'content-shared.sample.json'), JSON.stringify(sample));
    const emulator = await openEmulator({ events: folder });
    const response = await fetch(`${emulator.url}/__emulator/catalogue`);
    expect(await response.json()).toContainEqual({
      type: 'content-shared',
      isDocumented: false,
      isYours: true,
      isKept: false,
      sample,
    });
    writeFileSync(join(folder, 'broken.sample.json'), '{"type":"x"');
    await expect(openEmulator({ events: folder })).rejects.toThrow(/broken\.sample\.json" is not an event/);
    await expect(openEmulator({ events: join(folder, 'no-such-folder') })).resolves.toBeDefined();
  });

  it('uses the samples that it is given', async () => {
    const emulator = await openEmulator({ samples: { 'asset-viewed': { assetId: '1' } } });
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url, { types: ['asset-viewed'] });
    await emulator.trigger('asset-viewed');
    await emulator.waitForDelivery();
    expect(JSON.parse(`${received[0]?.body}`).data).toEqual({ assetId: '1' });
  });
});

describe('waitForDelivery', () => {
  it('returns each attempt once, oldest first, whether it has ended or not', async () => {
    const emulator = await openEmulator();
    await subscribe(emulator, (await openReceiver(500, 500, 200)).url);
    await emulator.trigger(TYPE);
    expect(await emulator.waitForDelivery()).toMatchObject({ number: 1, state: 'will-retry' });
    const third = emulator.waitForDelivery({ number: 3 });
    const second = emulator.waitForDelivery();
    await emulator.advanceTime(15_000);
    expect(await second).toMatchObject({ number: 2 });
    expect(await third).toMatchObject({ number: 3, state: 'succeeded' });
    await expect(emulator.waitForDelivery({}, { timeoutMs: 1 })).rejects.toThrow(/returned before/);
  });

  it('compares what the filter names', async () => {
    const emulator = await openEmulator();
    const { id } = await subscribe(emulator, (await openReceiver(201)).url, { types: [TYPE, 'b'] });
    const [one] = await emulator.trigger(TYPE);
    const [other] = await emulator.trigger('b', { id: 'b-1' });
    await emulator.advanceTime(0);
    const filters = [
      { notificationId: other?.id ?? '' },
      { eventId: one?.eventId ?? '', subscriptionId: id, status: 201, state: 'succeeded', type: TYPE },
    ] as const;
    expect((await emulator.waitForDelivery(filters[0])).eventId).toBe('b-1');
    expect((await emulator.waitForDelivery(filters[1])).type).toBe(TYPE);
  });

  it('lists at its timeout what came instead, and what waits for the clock', async () => {
    const emulator = await openEmulator();
    await subscribe(emulator, (await openReceiver(503)).url);
    await emulator.trigger(TYPE);
    await emulator.advanceTime(0);
    const waiting = emulator.waitForDelivery({ state: 'succeeded' }, { timeoutMs: 1 });
    await expect(waiting).rejects.toThrow(
      `${TYPE}, attempt 1: will-retry (503); ${TYPE}, attempt 2: scheduled. A scheduled delivery waits for the clock`,
    );
  });

  it('rejects when the emulator is reset', async () => {
    const emulator = await openEmulator();
    const waiting = emulator.waitForDelivery();
    const rejected = expect(waiting).rejects.toThrow('The emulator was reset.');
    await emulator.reset();
    await rejected;
  });
});

describe('trigger', () => {
  it.each([0, -1, 1.5, Number.NaN])('refuses to send %d events', async (count) => {
    const { trigger } = await openEmulator();
    await expect(trigger(TYPE, {}, { count })).rejects.toThrow('count must be a whole number, 1 or more');
  });

  it('refuses to send an event without a type', async () => {
    const { trigger } = await openEmulator();
    await expect(trigger('')).rejects.toThrow('type must be an event type.');
  });
});

describe('the clock', () => {
  it('makes valid ids between two milliseconds too', async () => {
    const emulator = await openEmulator();
    await emulator.advanceTime(0.5);
    expect((await subscribe(emulator, 'http://127.0.0.1:1/')).id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  });

  it('retries by itself while it is real', async () => {
    const emulator = await openEmulator({ clock: 'real' });
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url);
    await emulator.faults.add({ api: 'delivery', action: { kind: 'delay', ms: 20 } });
    await emulator.trigger(TYPE);
    await emulator.waitForDelivery();
    expect(received).toHaveLength(1);
  });

  it('can be advanced while it is real too', async () => {
    const emulator = await openEmulator({ clock: 'real' });
    await subscribe(emulator, (await openReceiver(503)).url);
    await emulator.trigger(TYPE);
    await emulator.advanceTime(15_000);
    expect(await emulator.attempts()).toHaveLength(4);
    expect(Math.abs(emulator.now() - Date.now() - 15_000)).toBeLessThan(1_000);
  });

  it('stands still while it is manual, and runs advances one after another', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(503);
    await subscribe(emulator, url);
    const start = emulator.now();
    await emulator.trigger(TYPE);
    await Promise.all([emulator.advanceTime(3_000), emulator.advanceTime(4_499), emulator.advanceTime(0)]);
    expect([emulator.now() - start, received.length]).toEqual([7_499, 2]);
    await emulator.advanceTime(1);
    expect(received).toHaveLength(3);
    await expect(emulator.advanceTime(-1)).rejects.toThrow('ms must be a number, 0 or more');
  });
});

describe('reset', () => {
  it('ends an advance that is running', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(() => {});
    await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    await expect.poll(() => received).toHaveLength(1);
    const advances = [emulator.advanceTime(86_400_000), emulator.advanceTime(86_400_000)];
    await emulator.reset();
    await Promise.all(advances);
    expect(Math.abs(emulator.now() - Date.now())).toBeLessThan(10_000);
  });

  it('leaves the emulator as it started, and nothing is being sent', async () => {
    const emulator = await openEmulator({ assumptions: { retryDelays: 'interval' } });
    const hanging = await openReceiver(() => {});
    const token = emulator.accessToken;
    await subscribe(emulator, hanging.url);
    await subscribe(emulator, 'http://127.0.0.1:1/', { types: ['refused'] });
    await emulator.faults.add({ api: 'oauth', action: { kind: 'forbidden' } });
    await emulator.assumptions.set({ retryDelays: 'offset' });
    await emulator.trigger('refused');
    await emulator.waitForDelivery();
    await emulator.trigger(TYPE);
    await expect.poll(() => hanging.received).toHaveLength(1);
    await emulator.reset();

    expect(await emulator.subscriptions.list()).toEqual([]);
    expect(await emulator.attempts()).toEqual([]);
    expect(await emulator.faults.list()).toEqual([]);
    const [first] = await emulator.assumptions.list();
    expect(first).toMatchObject({ id: 'retryDelays', value: 'interval', default: 'offset' });
    await emulator.advanceTime(60_000);
    expect(await emulator.attempts()).toEqual([]);
    expect((await call(emulator, 'GET', '/webhooks/v1/subscriptions', { token })).status).toBe(200);

    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url, { signatureKey: KEY });
    await emulator.trigger(TYPE);
    await emulator.waitForDelivery();
    expect(received).toHaveLength(1);
  });
});

/**
 * The servers and timers that start from here until `stop()` and are still open. The whole process would include those that
 * an earlier test has closed and Node has not released yet.
 */
function watchHandles() {
  const handles = new Map<number, { type: string; resource: { hasRef?(): boolean } }>();
  let isWatching = true;
  const hook = createHook({
    init: (id, type, _trigger, resource) => {
      if (isWatching && /^(?:Timeout|TCPSERVERWRAP)$/.test(type)) handles.set(id, { type, resource });
    },
    destroy: (id) => void handles.delete(id),
  }).enable();
  onTestFinished(() => void hook.disable());
  const types = (open: Iterable<{ type: string }>) => [...open].map(({ type }) => type);
  return {
    open: () => types(handles.values()),
    keepingAlive: () => types([...handles.values()].filter(({ resource }) => resource.hasRef?.())),
    stop: () => {
      isWatching = false;
    },
  };
}
