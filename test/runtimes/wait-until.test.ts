import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { send } from '@showpad-webhooks/conformance';
import { signedDelivery } from '@showpad-webhooks/fetch/testing';
import { expect, onTestFinished, test } from 'vitest';
import { bundle } from './src/bundle.ts';
import { startRuntime } from './src/start-runtime.ts';

const KEY = 'slow-key';
const PROGRAM = fileURLToPath(new URL('src/program/slow-worker.ts', import.meta.url));

/** A Worker whose handler waits for the answer of `slow`, which the test gives. */
async function startSlowWorker({ hasWaitUntil }: { readonly hasWaitUntil: boolean }) {
  const slow = createServer();
  slow.listen(0, '127.0.0.1');
  await once(slow, 'listening');
  const { port } = slow.address() as AddressInfo;
  const env = { KEY, SLOW_URL: `http://127.0.0.1:${port}`, HAS_WAIT_UNTIL: String(hasWaitUntil) };
  const worker = await startRuntime('workerd', { code: await bundle(PROGRAM), servers: 1, env });
  onTestFinished(async () => {
    await worker.close();
    slow.closeAllConnections();
    slow.close();
  });
  const delivery = signedDelivery('slow', { key: KEY, data: {} });
  return {
    /** Resolves when the handler has begun to wait. */
    isWaiting: once(slow, 'request').then(([, response]) => response as ServerResponse),
    deliver: async () => {
      const { status, headers } = await send(`${worker.urls[0]}/`, delivery);
      return `${status} ${headers['showpad-webhooks']}`;
    },
  };
}

test('a handler that is still running at its timeout goes on in a Worker with waitUntil', async () => {
  const { isWaiting, deliver } = await startSlowWorker({ hasWaitUntil: true });
  expect(await deliver()).toBe('503 unavailable HANDLER_TIMEOUT');
  (await isWaiting).end('done');
  // The Worker hears a little later that the handler is done. The time limit of the test is the deadline.
  let answer = await deliver();
  while (answer === '503 unavailable IN_PROGRESS') answer = await deliver();
  expect(answer).toBe('200 duplicate');
});

test('without it, the Worker is stopped in the middle of the handler', async () => {
  const { isWaiting, deliver } = await startSlowWorker({ hasWaitUntil: false });
  expect(await deliver()).toBe('503 unavailable HANDLER_TIMEOUT');
  const response = await isWaiting;
  if (!response.closed) await once(response, 'close');
  expect(response.writableEnded).toBe(false);
  expect(await deliver()).toBe('503 unavailable IN_PROGRESS');
});
