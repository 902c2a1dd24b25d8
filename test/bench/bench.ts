// pnpm bench [--quick] [--json FILE] [--only GROUP,GROUP]
// Measures the built packages beside their peers, prints the tables, and writes the figures as JSON. docs/performance.md
// is made from that JSON by table.ts. Exits with 0 whatever the figures: a busy machine is no defect.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureAllocations } from './src/groups/allocations.ts';
import { measureGrowth } from './src/groups/growth.ts';
import { measureHttp } from './src/groups/http.ts';
import { measureLedger } from './src/groups/ledger.ts';
import { measureMemory } from './src/groups/memory.ts';
import { measureReceive } from './src/groups/receive.ts';
import { measureRefuse } from './src/groups/refuse.ts';
import { measureStart } from './src/groups/start.ts';
import { measureVerify } from './src/groups/verify.ts';
import { renderRun } from './src/render.ts';
import type { Result, Run } from './src/results.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string' },
  },
});

if (import.meta.resolve('@showpad-webhooks/core').endsWith('.ts')) {
  throw new Error('run without --conditions=@showpad-webhooks/source: what users get is built');
}

const isQuick = values.quick;
const pace = isQuick ? { rounds: 5, sliceMs: 15 } : { rounds: 21, sliceMs: 40 };
const GROUPS: Readonly<Record<string, () => Promise<Result[]>>> = {
  verify: () => measureVerify(pace),
  receive: () => measureReceive(pace),
  refuse: () => measureRefuse(pace),
  allocations: measureAllocations,
  http: () => measureHttp(isQuick ? { rounds: 3, requests: 300 } : { rounds: 11, requests: 5_000 }),
  growth: () => measureGrowth(pace),
  ledger: () => measureLedger(pace),
  memory: () => measureMemory({ inFlight: isQuick ? 100 : 1_000, oversized: isQuick ? 500 : 10_000 }),
  start: () => measureStart(isQuick ? 3 : 11),
};

const results: Result[] = [];
const run: Run = {
  command: ['pnpm bench', ...process.argv.slice(2)].join(' '),
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} cores of ${cpus()[0]?.model.trim()}`,
  node: process.versions.node,
  versions: versionsMeasured(),
  results,
};
for (const name of values.only?.split(',') ?? Object.keys(GROUPS)) {
  const measure = GROUPS[name];
  if (!measure) throw new Error(`no group "${name}": there are ${Object.keys(GROUPS).join(', ')}`);
  const startedAt = Date.now();
  results.push(...(await measure()));
  console.error(`${name}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  // After each group, so that a later one's failure costs no figures.
  if (values.json) writeFileSync(values.json, `${JSON.stringify(run, null, 2)}\n`);
}
console.log(renderRun(run));

function versionsMeasured(): Record<string, string> {
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const entries = Object.entries<string>(dependencies);
  return Object.fromEntries(
    entries.map(([name, version]) => [name, version.startsWith('workspace:') ? `at ${commit}` : version]),
  );
}
