// pnpm --dir packages/bullmq replicas [rounds]: what it costs to wait for replicas. A master has two replicas, and each round stores
// events with each setting in turn, so that what else the machine does meets all of them.
import { randomUUID } from 'node:crypto';
import { createBullmqInbox } from '@showpad-webhooks/bullmq';
import { redisCommand, startRedis, untilReplicating } from '@showpad-webhooks/servers';
import { entryOf } from './support.ts';

const rounds = Number(process.argv[2] ?? 100);

const SETTINGS = {
  'no setting': { count: 0, least: 0 },
  'min-replicas-to-write 1': { count: 0, least: 1 },
  'waitReplicas: { count: 1 }': { count: 1, least: 0 },
  'waitReplicas: { count: 2 }': { count: 2, least: 0 },
} as const;
type Setting = keyof typeof SETTINGS;
const NAMES = Object.keys(SETTINGS) as Setting[];
const EVENTS_PER_ROUND = 32;
const CONCURRENCIES = [1, 8, 32];

// Redis would rewrite its file now and then, and that would slow down whichever setting comes next.
const quiet = { 'auto-aof-rewrite-percentage': '0' };
const master = await startRedis(quiet);
const replicaof = `127.0.0.1 ${master.port}`;
const replicas = await Promise.all([1, 2].map(() => startRedis({ ...quiet, replicaof })));
for (const { port } of replicas) await untilReplicating(port);
const connection = { host: '127.0.0.1', port: master.port };
const inboxes = new Map(
  NAMES.map((name) => {
    const { count } = SETTINGS[name];
    return [
      name,
      createBullmqInbox({ connection, ...(count > 0 && { waitReplicas: { count, timeoutMs: 2_000 } }) }),
    ];
  }),
);

interface Sample {
  readonly putMs: number;
  readonly perSecond: number;
}

async function measure(name: Setting, concurrency: number): Promise<Sample> {
  const inbox = inboxes.get(name);
  await redisCommand(master.port, `CONFIG SET min-replicas-to-write ${SETTINGS[name].least}`);
  const putMs: number[] = [];
  const store = async () => {
    for (let count = 0; count < EVENTS_PER_ROUND / concurrency; count++) {
      const startedMs = performance.now();
      await inbox?.put({ ...entryOf(randomUUID()), body: Buffer.alloc(1_000, 'x') });
      putMs.push(performance.now() - startedMs);
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: concurrency }, store));
  return { putMs: median(putMs), perSecond: (1_000 * EVENTS_PER_ROUND) / (performance.now() - startedMs) };
}

/** Each round begins with another setting, and each second one goes backwards. */
function orderOf(round: number): readonly Setting[] {
  const rotated = NAMES.map((_, index) => NAMES[(index + round) % NAMES.length] as Setting);
  return round % 2 === 0 ? rotated : rotated.reverse();
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

const rows: (readonly (string | number)[])[] = [
  ['stored at once', 'setting', 'put, p50', 'as a multiple', 'events per second, as a multiple'],
  ['---', '---', '---', '---', '---'],
];
for (const concurrency of CONCURRENCIES) {
  for (const name of NAMES) await measure(name, concurrency); // Untimed, for connections and caches.
  const samples: Readonly<Record<Setting, Sample>>[] = [];
  for (let round = 0; round < rounds; round++) {
    const sample: Partial<Record<Setting, Sample>> = {};
    for (const name of orderOf(round)) sample[name] = await measure(name, concurrency);
    samples.push(sample as Record<Setting, Sample>);
  }
  for (const name of NAMES) {
    const ratio = (of: (sample: Sample) => number) =>
      median(samples.map((sample) => of(sample[name]) / of(sample['no setting']))).toFixed(2);
    const putMs = median(samples.map((sample) => sample[name].putMs)).toFixed(1);
    rows.push([
      concurrency,
      `\`${name}\``,
      `${putMs} ms`,
      ratio((sample) => sample.putMs),
      ratio((sample) => sample.perSecond),
    ]);
  }
}
for (const cells of rows) console.log(`| ${cells.join(' | ')} |`);
await Promise.all([...inboxes.values()].map((inbox) => inbox.close()));
await Promise.all([master, ...replicas].map((server) => server.remove()));
