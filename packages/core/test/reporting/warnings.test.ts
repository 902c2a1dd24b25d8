import { createHmac } from 'node:crypto';
import {
  createReceiver,
  type Inbox,
  type ReceiverHealth,
  type Telemetry,
  type WebhookRequest,
} from '@showpad-webhooks/core';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { delivery, KEY, memoryLogger, probe, TYPE } from './support.ts';

interface Warning extends Error {
  readonly code?: string;
  readonly detail?: string;
}

const warnings: Warning[] = [];
const keep = (warning: Error) => warnings.push(warning);
process.on('warning', keep);

afterEach(() => {
  warnings.length = 0;
  vi.unstubAllEnvs();
});

describe('an error that nobody listens for is a warning of the process', () => {
  const forged = (key: string) => delivery('event-1', { key });

  test('once for each code, with its mend', async () => {
    const receiver = createReceiver({ keys: KEY });
    await receiver.receive(forged('a-forged-key'));
    await vi.waitFor(() => expect(warnings).toHaveLength(1));
    expect(warnings[0]).toMatchObject({ name: 'ShowpadWebhooksWarning', code: 'SIGNATURE_MISMATCH' });
    expect(warnings[0]?.message).toMatch(/no configured key made any of the signatures.*each has its own/);
    expect(warnings[0]?.detail).toMatch(/onError and onRejected/);

    await receiver.receive(forged('another-forged-key'));
    await createReceiver({ keys: KEY }).receive({ ...delivery(), method: 'PUT' });
    await vi.waitFor(() => expect(warnings).toHaveLength(2));
    expect(warnings[1]).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
  });

  test('and none where a listener or a logger hears it', async () => {
    const { logger, lines } = memoryLogger();
    const fail = () => Promise.reject(new Error('down'));
    await createReceiver({ keys: KEY, logger, on: { [TYPE]: fail } }).receive(delivery());
    await probe({ on: { [TYPE]: fail } }).receiver.receive(delivery());
    await new Promise(setImmediate);
    expect(lines).toHaveLength(1);
    expect(warnings).toEqual([]);
  });
});

describe('a handler that nears its timeout is told of', () => {
  const SLOW_MS = 5_001;

  /** Delivers events whose handler takes as long as given, by the receiver's clock. */
  async function run(durationsMs: readonly number[], options: Partial<Parameters<typeof probe>[0]> = {}) {
    let nowMs = Date.now();
    const { receiver } = probe({ clock: () => nowMs, ...options });
    let index = 0;
    receiver.on(TYPE, function updateCrm() {
      nowMs += durationsMs[index++] ?? 0;
    });
    for (const [event] of durationsMs.entries()) {
      const timestampSeconds = Math.floor(nowMs / 1000);
      const { outcome } = await receiver.receive(delivery(`event-${event}`, { timestampSeconds }));
      expect(outcome).toBe('handled');
    }
  }
  const quick = (count: number) => Array.from({ length: count }, () => 10);

  test('once, when more than 1 of 20 runs take over half of it', async () => {
    const { logger, lines } = memoryLogger();
    await run([...quick(18), SLOW_MS, SLOW_MS, SLOW_MS, SLOW_MS], { logger });
    const told = () => lines.filter(({ handler }) => handler === 'updateCrm');
    await vi.waitFor(() => expect(told()).toHaveLength(1));
    expect(told()[0]).toMatchObject({ receiver: 'default', level: 40 });
    expect(told()[0]?.msg).toMatch(/"updateCrm" takes over 5000 ms in more than 1 of 20 runs.*inbox/);
  });

  test('as a warning of the process without a logger', async () => {
    await run([...quick(18), SLOW_MS, SLOW_MS]);
    await vi.waitFor(() => expect(warnings).toHaveLength(1));
    expect(warnings[0]).toMatchObject({ name: 'ShowpadWebhooksWarning', code: 'HANDLER_SLOW' });
  });

  test.each([
    ['one slow run of 20', [...quick(19), SLOW_MS]],
    ['fewer than 20 runs', [...quick(2), SLOW_MS, SLOW_MS]],
    ['runs of just half of it', [...quick(15), ...Array.from({ length: 5 }, () => SLOW_MS - 1)]],
  ])('and not for %s', async (_title, durationsMs) => {
    await run(durationsMs);
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
  });
});

describe('the hint of a signature mismatch', () => {
  const respaced = () => ({ ...delivery(), body: Buffer.concat([delivery().body, Buffer.from('\n')]) });
  const hintOf = async (options: Parameters<typeof probe>[0], request: WebhookRequest = respaced()) => {
    const { receiver, rejected } = probe(options);
    const receipt = await receiver.receive(request);
    expect(receipt.response).toMatchObject({ status: 401, body: expect.not.stringContaining('line break') });
    expect(rejected).toEqual([receipt.error]);
    expect(receipt.error?.code).toBe('SIGNATURE_MISMATCH');
    return receipt.error?.hint;
  };
  const LINE_BREAK = /without the line breaks at its end.*a shell or an editor/i;

  test('says which mistake it is with explainMismatches', async () => {
    expect(await hintOf({ explainMismatches: true })).toMatch(LINE_BREAK);
    expect(await hintOf({ explainMismatches: true, keys: () => [KEY] })).toMatch(LINE_BREAK);
  });

  test('and that it is none of the usual', async () => {
    const forged = { ...delivery('event-1', { key: 'a-forged-key' }) };
    expect(await hintOf({ explainMismatches: true }, forged)).toMatch(/none of the usual.*each has its own/);
  });

  test('says so by itself in development, and not elsewhere', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    expect(await hintOf({})).not.toMatch(LINE_BREAK);
    vi.stubEnv('NODE_ENV', 'development');
    expect(await hintOf({})).toMatch(LINE_BREAK);
    expect(await hintOf({ explainMismatches: false })).not.toMatch(LINE_BREAK);
  });

  test('goes by the receiver’s own clock and tolerance', async () => {
    const timestampSeconds = Math.floor(Date.now() / 1000) - 7_200;
    const { body, ...old } = delivery('event-1', { timestampSeconds });
    const request = { ...old, body: Buffer.concat([body, Buffer.from('\n')]) };
    const hint = await hintOf({ explainMismatches: true, toleranceSeconds: 10_000 }, request);
    expect(hint).toMatch(LINE_BREAK);
    expect(hint).not.toContain('7200');
  });

  test('holds no key', async () => {
    const body = Buffer.from('{}');
    const { headers, ...request } = delivery();
    const timestamp = headers['x-showpad-signature-timestamp'];
    const signature = createHmac('sha256', `${KEY}\n`).update(body).update(`.${timestamp}`).digest('base64');
    const hint = await hintOf(
      { explainMismatches: true },
      { ...request, body, headers: { ...headers, 'x-showpad-signature-v1': signature } },
    );
    expect(hint).toContain('with a line feed at its end');
    expect(hint).not.toContain(KEY);
  });
});

describe('healthcheck', () => {
  test('is ready from the start without an inbox, and no longer when closed', async () => {
    const receiver = createReceiver({ keys: KEY });
    expect(await receiver.healthcheck()).toEqual({ isReady: true, lagMs: 0, problems: [] });
    await receiver.close();
    expect(await receiver.healthcheck()).toEqual({
      isReady: false,
      lagMs: 0,
      problems: ['the receiver is closed'],
    });
  });

  test.each<readonly [string, Inbox['health'], ReceiverHealth]>([
    [
      'says what the inbox says',
      async () => ({ isReachable: true, lagMs: 70_000, problems: ['it is not synced to disk'] }),
      { isReady: true, lagMs: 70_000, problems: ['it is not synced to disk'] },
    ],
    [
      'is not ready while the inbox is out of reach',
      async () => ({ isReachable: false, lagMs: 0, problems: ["the store can't be read"] }),
      { isReady: false, lagMs: 0, problems: ["the store can't be read"] },
    ],
    [
      'never rejects',
      () => Promise.reject(new Error('ECONNREFUSED')),
      { isReady: false, lagMs: 0, problems: ['the inbox gave no answer: ECONNREFUSED'] },
    ],
  ])('%s', async (_title, health, expected) => {
    const receiver = createReceiver({ keys: KEY, inbox: { ...createMemoryInbox(), health } });
    await receiver.start();
    expect(await receiver.healthcheck()).toEqual(expected);
  });

  test('is not ready before the start, while deliveries are answered 503; without handlers it only stores', async () => {
    const { receiver, deliver } = probe({ inbox: createMemoryInbox() });
    expect(await receiver.healthcheck()).toMatchObject({ isReady: true });
    receiver.on(TYPE, () => {});
    const problems = ['the receiver has an inbox and was not started'];
    expect(await receiver.healthcheck()).toEqual({ isReady: false, lagMs: 0, problems });
    expect(await deliver()).toBe('503 INBOX_FAILED');
    await receiver.start();
    expect(await receiver.healthcheck()).toMatchObject({ isReady: true, problems: [] });
    await receiver.close();
  });

  test('waits for an inbox 2.5 s and no longer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const inbox = { ...createMemoryInbox(), health: () => new Promise<never>(() => {}) };
    const health = createReceiver({ keys: KEY, inbox }).healthcheck();
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1), { interval: 0 });
    await vi.advanceTimersByTimeAsync(2_500);
    expect(await health).toMatchObject({ isReady: false });
    vi.useRealTimers();
  });
});

describe('telemetry', () => {
  test('goes around each delivery and each run of a handler', async () => {
    const calls: string[] = [];
    const telemetry: Telemetry = {
      async delivery(receiver, request, receive) {
        calls.push(`delivery to ${receiver}`);
        const headers = { ...(request.headers as Record<string, string>), 'x-trace': 'abc' };
        const receipt = await receive({ ...request, headers });
        calls.push(`answered ${receipt.response.status}`);
        return receipt;
      },
      async handler(handler, event, context, run, isQueued) {
        calls.push(`${handler} of ${event.id} with ${context.headers['x-trace']}`);
        expect(isQueued).toBe(false);
        const result = await run().catch((error: Error) => error);
        calls.push(`${handler} ended`);
        if (result instanceof Error) throw result;
      },
    };
    const { deliver, receiver } = probe({ name: 'crm', telemetry });
    let isDown = true;
    receiver.on(TYPE, function updateCrm() {
      calls.push('handling');
      if (isDown) throw new Error('down');
    });
    expect(await deliver()).toBe('500 HANDLER_FAILED');
    isDown = false;
    expect(await deliver()).toBe('200 handled');
    const run = ['delivery to crm', 'updateCrm of event-1 with abc', 'handling', 'updateCrm ended'];
    expect(calls).toEqual([...run, 'answered 500', ...run, 'answered 200']);
  });

  test('what it adds to the headers comes through an inbox to its handlers', async () => {
    const seen: unknown[] = [];
    const telemetry: Telemetry = {
      delivery: (_receiver, request, receive) =>
        receive({ ...request, headers: { ...(request.headers as object), 'x-trace': 'abc' } }),
      handler: (_handler, _event, { headers }, run, isQueued) => {
        seen.push(headers['x-trace'], isQueued);
        return run();
      },
    };
    const { deliver, receiver } = probe({ inbox: createMemoryInbox(), telemetry });
    receiver.on(TYPE, () => seen.push('handled'));
    await receiver.start();
    expect(await deliver()).toBe('202 queued');
    await vi.waitFor(() => expect(seen).toEqual(['abc', true, 'handled']));
    await receiver.close();
  });
});
