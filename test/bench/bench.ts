// pnpm bench [--quick] [--json FILE] [--only GROUP,GROUP]
// Measures the built packages next to other libraries, prints the tables, and writes the results as JSON if asked to.
// table.ts writes that JSON into docs/performance.md. A missed target does not fail the run, because it may only mean
// that the machine is busy.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureAllocations } from './src/groups/allocations.ts';
import { measureCold } from './src/groups/cold.ts';
import { measureGrowth } from './src/groups/growth.ts';
import { measureHttp, measureHttpWithInbox } from './src/groups/http.ts';
import { measureLedger } from './src/groups/ledger.ts';
import { measureMemory } from './src/groups/memory.ts';
import { measureReceive } from './src/groups/receive.ts';
import { measureReject } from './src/groups/reject.ts';
import { measureStart } from './src/groups/start.ts';
import { measureVerify } from './src/groups/verify.ts';
import { readRecordedRun } from './src/page/recorded.ts';
import { renderRun } from './src/page/run.ts';
import type { Result, Run } from './src/results.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string' },
  },
});

if (import.meta.resolve('@showpad-webhooks/core').endsWith('.ts')) {
  throw new Error(
    'The benchmark must measure the built packages. Run it without --conditions=@showpad-webhooks/source.',
  );
}

const isQuick = values.quick;
const pace = isQuick ? { rounds: 5, sliceMs: 15 } : { rounds: 21, sliceMs: 40 };
const httpPace = isQuick ? { rounds: 3, requests: 300 } : { rounds: 11, requests: 5_000 };
const memoryPace = isQuick ? { inFlight: 100, oversized: 500 } : { inFlight: 1_000, oversized: 10_000 };
const GROUPS: Readonly<Record<string, () => Promise<Result[]>>> = {
  verify: () => measureVerify(pace),
  receive: () => measureReceive(pace),
  reject: () => measureReject(pace),
  allocations: measureAllocations,
  http: () => measureHttp(httpPace),
  inbox: () => measureHttpWithInbox(httpPace),
  growth: () => measureGrowth(pace),
  ledger: () => measureLedger(pace),
  memory: () => measureMemory(memoryPace),
  start: () => measureStart(isQuick ? 3 : 11),
  cold: () => measureCold(isQuick ? 3 : 21),
};

const results: Result[] = [];
const run: Run = {
  command: ['pnpm bench', ...process.argv.slice(2)].join(' '),
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} cores of ${cpus()[0]?.model.trim()}`,
  node: process.versions.node,
  versions: measuredVersions(),
  results,
};
for (const name of values.only?.split(',') ?? Object.keys(GROUPS)) {
  const measure = GROUPS[name];
  if (!measure) {
    throw new Error(`There is no group "${name}". The groups are: ${Object.keys(GROUPS).join(', ')}.`);
  }
  const startedAt = Date.now();
  results.push(...(await measure()));
  console.error(`${name} took ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
  // The file is written after each group, so that no results are lost if a later group fails.
  if (values.json) writeFileSync(values.json, `${JSON.stringify(run, null, 2)}\n`);
}
console.log(renderRun(run, readRecordedRun()));

function measuredVersions(): Record<string, string> {
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  return Object.fromEntries(
    Object.entries<string>(dependencies).map(([name, version]) => {
      const isOurs = version.startsWith('workspace:');
      return [name, isOurs ? `at ${commit}` : version];
    }),
  );
}
