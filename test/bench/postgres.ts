// pnpm --dir test/bench postgres [--quick] [--rounds N] [--rows N]
// Measures how fast events are stored in Postgres and handled, next to other libraries and to SQL written by hand. All use the
// same server, and take turns, so compare the ratios: they depend less on the machine and on what else it does.
import { parseArgs } from 'node:util';
import { startPostgres } from '@showpad-webhooks/servers';
import pg from 'pg';
import type { Candidate } from './src/postgres/candidate.ts';
import { CANDIDATES, GROUP_COMMIT, OURS } from './src/postgres/candidates.ts';
import { measureHandling, measurePuts, median, type PutRate } from './src/postgres/measure.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, rounds: { type: 'string' }, rows: { type: 'string' } },
});
const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
const rows = Number(values.rows ?? (values.quick ? 10_000 : 1_000_000));
const roundMs = values.quick ? 400 : 1_000;
const events = values.quick ? 500 : 1_000;

const server = await startPostgres();
const admin = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'postgres' });
await admin.connect();
const serverPid = Number(
  (await admin.query("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid")).rows[0].pid,
);

const opened = new Map<string, Candidate>();
for (const [index, [name, open]] of Object.entries(CANDIDATES).entries()) {
  await admin.query(`CREATE DATABASE bench_${index}`);
  opened.set(name, await open(`postgres://postgres@127.0.0.1:${server.port}/bench_${index}`));
}

/** Measures each candidate once in each round. The order changes, so that none is always after the same one. */
async function inTurns<Result>(
  names: readonly string[],
  measure: (candidate: Candidate) => Promise<Result>,
): Promise<ReadonlyMap<string, readonly Result[]>> {
  const results = new Map<string, Result[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names.toSorted(() => Math.random() - 0.5)) {
      results.get(name)?.push(await measure(opened.get(name) as Candidate));
    }
  }
  return results;
}

/** Each round's ratio, because the machine may be faster in one round than in another. */
function ratio(results: ReadonlyMap<string, readonly number[]>, name: string, to: string): string {
  const others = results.get(to) ?? [];
  const ratios = (results.get(name) ?? []).map((rate, round) => rate / (others[round] ?? Number.NaN));
  return median(ratios).toFixed(2);
}

function show(
  title: string,
  header: readonly string[],
  lines: readonly (readonly (string | number)[])[],
): void {
  console.log(`\n${title}\n`);
  for (const line of [header, header.map(() => '---'), ...lines]) console.log(`| ${line.join(' | ')} |`);
}

async function showPuts(names: readonly string[], title: string): Promise<void> {
  const warmUp = (candidate: Candidate) => measurePuts(candidate, 8, roundMs / 2, serverPid);
  for (const name of names) await warmUp(opened.get(name) as Candidate);
  for (const concurrency of [1, 8, 32]) {
    const results = await inTurns(names, (candidate) =>
      measurePuts(candidate, concurrency, roundMs, serverPid),
    );
    const of = (field: keyof PutRate) =>
      new Map([...results].map(([name, rates]) => [name, rates.map((rate) => rate[field])]));
    const [rates, latencies, times] = [of('perSecond'), of('p99Ms'), of('serverMicroseconds')];
    show(
      `${title}, ${concurrency} at once`,
      ['', 'per second', 'our rate is × this', 'p99 in ms', 'CPU of the server per event in µs'],
      names.map((name) => [
        name,
        Math.round(median(rates.get(name) ?? [])),
        ratio(rates, OURS, name),
        median(latencies.get(name) ?? []).toFixed(1),
        Math.round(median(times.get(name) ?? [])),
      ]),
    );
  }
}

const names = Object.keys(CANDIDATES);
await showPuts(names, 'Stored');

const handled = await inTurns(names, (candidate) => measureHandling(candidate, events));
show(
  `Handled, ${events} stored events, by a handler that does nothing`,
  ['', 'per second', 'our rate is × this'],
  names.map((name) => [name, Math.round(median(handled.get(name) ?? [])), ratio(handled, OURS, name)]),
);

const growing = [OURS, GROUP_COMMIT];
for (const name of growing) await opened.get(name)?.addRows?.(rows);
await showPuts(growing, `Stored, with ${rows.toLocaleString('en')} rows of events that were handled`);

for (const candidate of opened.values()) await candidate.close();
await admin.end();
await server.remove();
process.exit();
