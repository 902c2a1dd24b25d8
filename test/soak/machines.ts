// pnpm --dir test/soak machines [--events 3000] [--engine postgres|redis|sqlite]…
// Runs 1, 2, 4 and 8 processes on one store: how much they do together, how evenly, whether an event that comes to two of them at
// once is handled once, and what a rolling deploy costs. It ends with 1 if an event was lost, or had its effect twice.
import { parseArgs } from 'node:util';
import { ENGINES, type Engine, isInstalled } from '@showpad-webhooks/inbox-tests';
import { type MachinesReport, runMachines } from './src/run-machines.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '3000' },
    engine: { type: 'string', multiple: true, default: ['postgres', 'redis'] },
  },
});
const events = Number(values.events);
const engines = values.engine as Engine[];
if (
  !(events > 0 && events <= 100_000) ||
  !engines.every((engine) => ENGINES.includes(engine) && isInstalled(engine))
) {
  console.error(`--events takes 1 to 100000, and --engine one of ${ENGINES.join(', ')} that is installed.`);
  process.exit(1);
}

const reports: MachinesReport[] = [];
for (const engine of engines) {
  for (const processes of [1, 2, 4, 8]) {
    console.error(`${engine}, ${processes} processes …`);
    reports.push(await runMachines({ engine, processes, events, concurrency: 32 }));
  }
}

const rows = reports.map((report) => [
  report.engine,
  report.processes,
  Math.round(report.perSecond),
  `${report.p99Ms.toFixed(0)} ms`,
  `${Math.round(report.cpuPerEvent)} µs`,
  report.fairness.map((share) => share.toFixed(2)).join(' to '),
  `${report.twins}, ${report.repeated}`,
  report.processes === 1 ? '' : `${report.deploy.retried} of ${report.deploy.deliveries}`,
  report.lost,
]);
const header = [
  'store',
  'processes',
  'events per second',
  'answer, p99',
  'CPU of the app per event',
  'share of a process',
  'came twice at once, handled twice',
  'retried in a rolling deploy',
  'lost',
];
for (const cells of [header, header.map(() => '---'), ...rows]) console.log(`| ${cells.join(' | ')} |`);
process.exit(reports.some(({ lost, repeated }) => lost + repeated > 0) ? 1 : 0);
