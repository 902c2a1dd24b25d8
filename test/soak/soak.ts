// pnpm --dir test/soak soak [--minutes 30] [--per-second 30] [--engine sqlite|redis|postgres]…
// Sends deliveries of all kinds to a real app behind an inbox while it is deployed, killed and given a wrong clock, on one or
// several engines at the same time. It ends with 1 if an acknowledged event was lost, ran twice at once, or if memory, descriptors
// or the time of an answer grew.
import { parseArgs } from 'node:util';
import { ENGINES, type Engine, isInstalled } from '@showpad-webhooks/inbox-tests';
import { runSoak } from './src/run-soak.ts';
import { tableOf } from './src/table.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    'per-second': { type: 'string', default: '30' },
    engine: { type: 'string', multiple: true, default: ENGINES.filter(isInstalled) },
  },
});
const [minutes, perSecond] = [Number(values.minutes), Number(values['per-second'])];
const engines = values.engine as Engine[];
const unknown = engines.find((engine) => !ENGINES.includes(engine));
if (!(minutes > 0 && minutes <= 240) || !(perSecond > 0 && perSecond <= 1_000) || unknown) {
  console.error(`--minutes takes 1 to 240, --per-second 1 to 1000, and --engine ${ENGINES.join(', ')}.`);
  process.exit(1);
}

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort(new Error('Interrupted.')));
const durationMs = minutes * 60_000;
const reports = await Promise.all(
  engines.map((engine) =>
    runSoak({
      engine,
      durationMs,
      perSecond,
      disturbEveryMs: Math.max(5_000, durationMs / 60),
      measureEveryMs: Math.max(1_000, durationMs / 180),
      leaseMs: 5_000,
      speed: 1,
      limits: { rssMiB: 40, heapMiB: 10, descriptors: 20, p99Ms: 500 },
      signal: interrupted.signal,
      onProgress: (line) => console.log(line),
    }),
  ),
).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});

console.log(`\n${minutes} minutes, ${perSecond} deliveries per second and engine\n\n${tableOf(reports)}`);
for (const { record, broken } of reports)
  for (const line of broken) console.log(`✗ ${record.engine}: ${line}`);
process.exit(reports.some(({ broken }) => broken.length > 0) ? 1 : 0);
