// The app under test: Express with an inbox. It prints a line when it listens, when a handler begins, has its effect and ends, and
// for each error. Its parent tells it to step its clock or to measure itself, and ends it with a signal.
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { showpadWebhooks } from '@showpad-webhooks/express';
import { createWrongClock, openInbox, print, printRun } from '@showpad-webhooks/inbox-tests';
import express from 'express';
import type { AppSettings, Order, Sample } from './app-process.ts';
import { KEY, PATH, TYPE } from './entry.ts';

const FAILING_SHARE = 0.03;
const SLOW_SHARE = 0.02;
const SLOW_MS = 1_000;
const USUAL_MS = 20;
const BACKOFF_MS = 200;
/** An event must not be dead only because its process was killed a few times. */
const MAX_ATTEMPTS = 50;

const { target, port, leaseMs, work }: AppSettings = JSON.parse(process.argv[2] ?? '');
const stepClock = createWrongClock();
let handled = 0;

async function workOn(id: string): Promise<void> {
  if (work === 'mixed') await delay(Math.random() < SLOW_SHARE ? SLOW_MS : Math.random() * USUAL_MS);
  if (work === 'mixed' && Math.random() < FAILING_SHARE) throw new Error('The CRM is down.');
  print(`effect ${id}`);
}

const webhooks = showpadWebhooks({
  path: PATH,
  keys: KEY,
  inbox: openInbox(target, { leaseMs, backoff: () => BACKOFF_MS, maxAttempts: MAX_ATTEMPTS }),
  on: {
    async [TYPE]({ id }) {
      printRun('begin', id);
      try {
        await workOn(id);
        handled++;
      } finally {
        printRun('end', id);
      }
    },
  },
});
webhooks.receiver.onError(({ code }) => print(`error ${code}`));
await webhooks.receiver.start();
const server = createServer(express().use(webhooks)).listen(port, '127.0.0.1');
await once(server, 'listening');

function measure(): Sample {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const descriptors = readdirSync('/dev/fd').length;
  return { rssBytes: rss, heapBytes: heapUsed, descriptors, cpuMs: (user + system) / 1_000, handled };
}

process.on('message', ({ stepMs }: Order) => {
  if (stepMs === undefined) process.send?.(measure());
  else stepClock(stepMs);
});
// If the parent is killed, nobody else ends this process.
process.once('disconnect', () => process.exit());
process.once('SIGTERM', async () => {
  server.close();
  await webhooks.receiver.close();
  server.closeAllConnections();
  // Now nothing should keep the process alive.
  process.removeAllListeners('disconnect');
  process.disconnect();
});
print(`listens ${(server.address() as AddressInfo).port}`);
