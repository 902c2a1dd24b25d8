import { type BenchChild, startChild } from '../http/child.ts';
import { type Load, sendLoad, toWire } from '../http/load.ts';
import { SERVERS, type Variant } from '../http/servers.ts';
import { median } from '../measure.ts';
import { githubSignature } from '../peers.ts';
import { deliveries } from '../receivers.ts';
import type { Result, Unit } from '../results.ts';

const BYTES = 1_024;
const WARM_UP_REQUESTS = 3_000;
const CONNECTIONS: readonly number[] = [1, 16, 256];

export interface HttpPace {
  readonly rounds: number;
  /** Per server and round: a number and no time, so that all do the same. */
  readonly requests: number;
}

interface Figures extends Load {
  /** What the server's process spent per request: a busy machine changes it least. */
  readonly cpuNs: number;
}

/** A row of the tables: one server, in a process of its own. */
interface Row {
  readonly name: string;
  readonly variant: Variant;
  readonly server: BenchChild;
}

/** What differs between the server by hand and its twin is the machine: less than that is no difference. */
const CONTROL = 'by hand, again';

export async function measureHttp(pace: HttpPace): Promise<Result[]> {
  const results: Result[] = [];
  for (const [framework, variants] of Object.entries(SERVERS)) {
    const rows = await startRows(framework, Object.keys(variants) as Variant[]);
    for (const { server, variant } of rows) {
      await sendLoad(server.port, 16, requestsFor(variant, WARM_UP_REQUESTS));
    }
    for (const connections of CONNECTIONS) {
      results.push(...toResults(framework, rows, connections, await alternate(rows, connections, pace)));
    }
    for (const { server } of rows) server.stop();
  }
  return results;
}

function startRows(framework: string, variants: readonly Variant[]): Promise<Row[]> {
  const named = variants.flatMap((variant) =>
    [variant, ...(variant === 'by hand' ? [CONTROL] : [])].map((name) => ({ name, variant })),
  );
  return Promise.all(
    named.map(async (row) => ({ ...row, server: await startChild(framework, row.variant) })),
  );
}

/** By row and round. */
async function alternate(
  rows: readonly Row[],
  connections: number,
  { rounds, requests }: HttpPace,
): Promise<Figures[][]> {
  const figures = rows.map((): Figures[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < rows.length; turn++) {
      const index = (round + turn) % rows.length;
      const { server, variant } = rows[index] as Row;
      // Each connection sends one that is not timed.
      const wire = requestsFor(variant, requests + connections);
      const before = await server.ask('cpu');
      const load = await sendLoad(server.port, connections, wire);
      const cpuMs = ((await server.ask('cpu')).cpuMs - before.cpuMs) / wire.length;
      figures[index]?.push({ ...load, cpuNs: cpuMs * 1e6 });
    }
  }
  return figures;
}

/** Each with an event of its own, so that none is a cheap duplicate. */
export function requestsFor(variant: Variant, count: number): Buffer[] {
  return deliveries(count, BYTES).map(({ headers, body }, index) =>
    toWire(variant === '@octokit/webhooks' ? githubHeaders(body, index) : headers, body),
  );
}

function githubHeaders(body: Buffer, index: number): Record<string, string> {
  return {
    'x-github-event': 'push',
    'x-github-delivery': `${index}`,
    'x-hub-signature-256': githubSignature(body),
  };
}

function toResults(
  framework: string,
  rows: readonly Row[],
  connections: number,
  figures: readonly Figures[][],
): Result[] {
  const [base = []] = figures;
  const table = (what: string, pick: (figures: Figures) => number, unit: Unit): Result[] =>
    rows.flatMap(({ name }, index): Result[] => {
      const own = (figures[index] as Figures[]).map(pick);
      const cell = { group: `${framework}: ${what}`, name, at: `${connections}` };
      const ratio = median(own.map((value, round) => value / pick(base[round] as Figures)));
      return [
        { ...cell, value: ratio, unit: '×' },
        { ...cell, value: median(own), unit },
      ];
    });
  return [
    ...table('CPU time of the server', ({ cpuNs }) => cpuNs, 'ns'),
    ...table('throughput', ({ perSecond }) => perSecond, 'req/s'),
    ...table('p50', ({ p50Ms }) => p50Ms, 'ms'),
    ...table('p99', ({ p99Ms }) => p99Ms, 'ms'),
  ];
}
