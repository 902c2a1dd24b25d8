// pnpm --dir test/bench inboxes [--quick] [--json FILE] [--only sqlite,postgres,redis] [--rounds N] [--rows N] [--with FOLDER]…
// Measures how fast events are stored durably and handled: by each inbox, by the floor of its engine, and by other libraries. table.ts
// writes the JSON into docs/performance.md. With --rows, the inboxes on SQLite and Postgres also take part with so many events that
// were handled before. With --with, the inboxes of other checkouts of this repository take part instead of the other
// libraries. Their packages must be built.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BODY_BYTES, type Engine } from './src/inboxes/candidate.ts';
import { measureEngine } from './src/inboxes/measure-engine.ts';
import { postgres } from './src/inboxes/postgres.ts';
import { redis } from './src/inboxes/redis.ts';
import type { InboxResult, InboxRun } from './src/inboxes/results.ts';
import { sqlite } from './src/inboxes/sqlite.ts';
import { renderGoals, renderInboxRun } from './src/page/inbox-run.ts';
import { readRecordedInboxes } from './src/page/recorded.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string' },
    rows: { type: 'string' },
    with: { type: 'string', multiple: true },
  },
});
const ENGINES: Readonly<Record<string, Engine>> = { sqlite, postgres, redis };
const pace = {
  ...(values.quick
    ? { rounds: 3, putMs: 300, events: 300, concurrencies: [1, 32] }
    : { rounds: 5, putMs: 1_000, events: 1_000, concurrencies: [1, 8, 32, 128] }),
  ...(values.rounds !== undefined && { rounds: Number(values.rounds) }),
  ...(values.rows !== undefined && { rows: Number(values.rows) }),
  // As pnpm changes the folder, a path is relative to the one in which the command was given.
  ...(values.with && {
    checkouts: values.with.map((folder) => resolve(process.env.INIT_CWD ?? '.', folder)),
  }),
};

const results: InboxResult[] = [];
const run: InboxRun = {
  date: new Date().toISOString().slice(0, 10),
  node: process.versions.node,
  cpus: cpus().length,
  cpuModel: cpus()[0]?.model.trim() ?? 'an unknown model',
  bodyBytes: BODY_BYTES,
  results,
};
for (const name of values.only?.split(',') ?? Object.keys(ENGINES)) {
  const engine = ENGINES[name];
  if (!engine) {
    throw new Error(`There is no engine "${name}". The engines are: ${Object.keys(ENGINES).join(', ')}.`);
  }
  if (!engine.isInstalled()) {
    console.error(`${engine.name} is not installed, so it is not measured.`);
    continue;
  }
  const startedAt = Date.now();
  results.push(...(await measureEngine(engine, pace)));
  console.error(`${engine.name} took ${((Date.now() - startedAt) / 1_000).toFixed(1)} s.`);
  // The file is written after each engine, so that no results are lost if a later one fails.
  if (values.json) writeFileSync(values.json, `${JSON.stringify(run, null, 2)}\n`);
}
console.log(`${renderGoals(run)}\n\n${renderInboxRun(run, readRecordedInboxes())}`);
process.exit(); // Some libraries leave connections open.
