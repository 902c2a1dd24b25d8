// This process sends signed deliveries of new events over a few connections. Arguments: port, connections, milliseconds.
import { Agent, request } from 'node:http';
import { sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';

const [port, connections, durationMs] = process.argv.slice(2).map(Number) as [number, number, number];
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const sample = sampleEvent('shared-space-user-added');
const latencies: number[] = [];
const statuses: Record<number, number> = {};
let number = 0;

function post(): Promise<void> {
  const { headers, body } = signedDelivery(
    { ...sample, id: `${process.pid}-${number++}` },
    { key: 'load-key' },
  );
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request({ port, agent, method: 'POST', path: '/webhooks/showpad', headers }, (response) => {
      response.resume().once('end', () => {
        latencies.push(performance.now() - startedMs);
        const { statusCode = 0 } = response;
        statuses[statusCode] = (statuses[statusCode] ?? 0) + 1;
        resolve();
      });
    });
    sent.once('error', reject).end(body);
  });
}

const startedMs = performance.now();
await Promise.all(
  Array.from({ length: connections }, async () => {
    while (performance.now() - startedMs < durationMs) await post();
  }),
);
const seconds = (performance.now() - startedMs) / 1_000;
latencies.sort((one, other) => one - other);
const at = (share: number) => latencies[Math.floor(latencies.length * share)];
console.log(
  JSON.stringify({ perSecond: latencies.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99), statuses }),
);
process.exit();
