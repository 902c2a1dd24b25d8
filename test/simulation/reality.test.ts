import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEmulator } from '@showpad-webhooks/emulator';
import { showpadWebhooks } from '@showpad-webhooks/express';
import express from 'express';
import { expect, it, onTestFinished } from 'vitest';
import { outage } from './src/availability.ts';
import { simulate } from './src/simulate.ts';

const KEY = 'a-simulated-key';
const TYPE = 'shared-space-user-added';
const EVENTS = 45;
const [DOWN_FROM, DOWN_UNTIL] = [5, 40]; // in seconds; an event happens in the middle of each second
const arrivalsMs = Array.from({ length: EVENTS }, (_, second) => second * 1_000 + 500);
const down = outage(DOWN_FROM * 1_000, DOWN_UNTIL * 1_000);

it.each([
  ['offset', 'app'],
  ['interval', 'app'],
  ['offset', 'dependency'],
] as const)(
  'the emulator loses the same events in a real app as the simulation, with retries as %s and an outage of the %s',
  async (retryDelays, part) => {
    const emulator = await createEmulator({ clock: 'manual', assumptions: { retryDelays } });
    onTestFinished(() => emulator.close());
    const startMs = emulator.now();
    const handled = new Set<string>();
    const webhooks = showpadWebhooks({
      path: '/webhooks/showpad',
      keys: KEY,
      clock: emulator.now,
      on: {
        [TYPE]: ({ id }) => {
          if (part === 'dependency' && down.isDown(emulator.now() - startMs, () => 0))
            throw new Error('The CRM is down.');
          handled.add(id);
        },
      },
    });
    webhooks.receiver.onError(() => {});
    let server = createServer(express().use(webhooks)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const stop = async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    };
    onTestFinished(stop);
    await emulator.subscriptions.create({
      name: 'the app',
      types: [TYPE],
      url: `http://127.0.0.1:${port}/webhooks/showpad`,
      signatureKey: KEY,
    });

    const ids: string[] = [];
    for (let second = 0; second < EVENTS; second++) {
      if (part === 'app' && second === DOWN_FROM) await stop();
      if (part === 'app' && second === DOWN_UNTIL) {
        server = createServer(express().use(webhooks)).listen(port, '127.0.0.1');
        await once(server, 'listening');
      }
      await emulator.advanceTime(500);
      const [notification] = await emulator.trigger(TYPE);
      ids.push(notification?.eventId ?? '');
      await emulator.advanceTime(500);
    }
    await emulator.advanceTime(60_000);

    const design = part === 'app' ? 'none' : 'ledger';
    const { fates } = simulate({ design, retryDelays, arrivalsMs, [part]: down });
    expect(ids.map((id) => (handled.has(id) ? 'handled' : 'lost'))).toEqual(fates);
    expect(fates).toContain('lost');
  },
);
