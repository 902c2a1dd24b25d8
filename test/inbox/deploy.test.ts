import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { showpadWebhooks } from '@showpad-webhooks/express';
import { type SignedDelivery, sampleEvent, signedDelivery } from '@showpad-webhooks/express/testing';
import express from 'express';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createTarget, ENGINES, isInstalled, openInbox, type Target } from './engines.ts';

const KEY = 'deploy-key';
const TYPE = 'shared-space-user-added';
const EVENTS = 120;
const NO_ANSWER = 599;
/** When Showpad tries, ten times as fast. */
const RETRY_OFFSETS_MS = [0, 300, 750, 1_425];

describe.each(ENGINES)('an app that is deployed while events come, on %s', (engine) => {
  test.skipIf(!isInstalled(engine))(
    'handles everything that was acknowledged before and after, each event once',
    async () => {
      const { target, remove } = await createTarget(engine);
      onTestFinished(remove);
      const handled: string[] = [];
      const acknowledged = new Set<string>();
      const statuses = new Set<number>();
      let app = await startApp(target, handled, 0);
      const { port } = app.server.address() as AddressInfo;

      const deliver = async (number: number) => {
        const id = `event-${number}`;
        for (const [attempt, offsetMs] of RETRY_OFFSETS_MS.entries()) {
          const pauseMs = offsetMs - (RETRY_OFFSETS_MS[attempt - 1] ?? 0);
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
          const delivery = signedDelivery({ ...sampleEvent(TYPE), id }, { key: KEY });
          const status = await post(port, delivery);
          statuses.add(status);
          if (status < 300) acknowledged.add(id);
          if (status < 500) return;
        }
      };

      const first = Array.from({ length: EVENTS / 2 }, (_, number) => deliver(number));
      await Promise.race(first);
      const stopping = app.stop();
      const second = Array.from({ length: EVENTS / 2 }, (_, number) => deliver(EVENTS / 2 + number));
      await stopping;
      app = await startApp(target, handled, port);
      await Promise.all([...first, ...second]);

      await vi.waitFor(() => expect([...acknowledged].filter((id) => !handled.includes(id))).toEqual([]));
      await app.stop();
      expect(handled.toSorted()).toEqual([...new Set(handled)].toSorted());
      expect(acknowledged.size).toBeGreaterThan(0);
      expect(statuses).toContain(NO_ANSWER); // The second half began while nothing listened.
      expect([...statuses].filter((status) => status >= 400 && status < 500)).toEqual([]);
    },
    60_000,
  );
});

/** Starts the app, before and after the deploy. `stop` does what its SIGTERM handler would do. */
async function startApp(
  target: Target,
  handled: string[],
  port: number,
): Promise<{ readonly server: Server; readonly stop: () => Promise<void> }> {
  const webhooks = showpadWebhooks({
    path: '/webhooks/showpad',
    keys: KEY,
    inbox: openInbox(target),
    on: {
      [TYPE]: async (event) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        handled.push(event.id);
      },
    },
  });
  await webhooks.receiver.start();
  const server = createServer(express().use(webhooks)).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    await webhooks.receiver.close();
    server.closeAllConnections();
  };
  return { server, stop };
}

/** Posts a delivery. We assume that a refused connection is to Showpad the same as a 5xx. */
async function post(port: number, { headers, body }: SignedDelivery): Promise<number> {
  try {
    const url = `http://127.0.0.1:${port}/webhooks/showpad`;
    const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return NO_ANSWER;
  }
}
