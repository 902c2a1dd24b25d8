// pnpm --dir test/bench emulator
// Measures how many deliveries the emulator sends per second, and how much memory 100,000 of them take.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEmulator } from '@showpad-webhooks/emulator';

const DELIVERIES = 100_000;
const AT_ONCE = 10_000;
const TYPE = 'shared-space-user-added';

const app = createServer((_req, res) => res.end()).listen(0, '127.0.0.1');
await once(app, 'listening');
const emulator = await createEmulator({ maxStoredAttempts: DELIVERIES, maxStoredBytes: 1e9 });
await emulator.subscriptions.create({
  name: 'load',
  types: [TYPE],
  url: `http://127.0.0.1:${(app.address() as AddressInfo).port}/`,
});

const memoryBefore = usedBytes();
const startedMs = performance.now();
for (let sent = 0; sent < DELIVERIES; sent += AT_ONCE) {
  await emulator.trigger(TYPE, {}, { count: AT_ONCE });
  await emulator.advanceTime(0);
  console.error(`Sent ${sent + AT_ONCE} of ${DELIVERIES}.`);
}
const seconds = (performance.now() - startedMs) / 1_000;
const memory = usedBytes() - memoryBefore;

const attempts = await emulator.attempts();
const succeeded = attempts.filter(({ state }) => state === 'succeeded').length;
const pageMs = await timeOf(`${emulator.url}/__emulator/attempts?limit=1000`);
console.log(
  `${succeeded} of ${DELIVERIES} deliveries succeeded, ${Math.round(DELIVERIES / seconds)} per second.`,
);
console.log(`They take ${(memory / 1e6).toFixed(0)} MB, ${(memory / DELIVERIES / 1e3).toFixed(1)} kB each.`);
console.log(`Reading the latest 1,000 as JSON takes ${pageMs.toFixed(0)} ms.`);
await emulator.close();
app.close();

function usedBytes(): number {
  global.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function timeOf(url: string): Promise<number> {
  const beforeMs = performance.now();
  await (await fetch(url)).json();
  return performance.now() - beforeMs;
}
