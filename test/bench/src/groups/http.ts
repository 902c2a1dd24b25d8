import { type BenchChild, startChild } from '../http/child.ts';
import { type Load, sendLoad, toWire } from '../http/load.ts';
import { SERVERS, type Variant } from '../http/servers.ts';
import { median } from '../measure.ts';
import { p99Table, throughputTable, WITH_INBOX } from '../names.ts';
import { githubSignature } from '../peers.ts';
import { deliveries } from '../receivers.ts';
import type { Result, Unit } from '../results.ts';

const BYTES = 1_024;
const WARM_UP_REQUESTS = 3_000;

export interface HttpPace {
  readonly rounds: number;
  /** Requests per server and round. Every server gets the same number, however long it takes. */
  readonly requests: number;
}

interface Sample extends Load {
  /** The CPU time that the server's process spent per request. Other load on the machine hardly changes it. */
  readonly cpuNs: number;
}

interface Row {
  readonly name: string;
  readonly variant: Variant;
  readonly server: BenchChild;
}

export async function measureHttp(pace: HttpPace): Promise<Result[]> {
  const results: Result[] = [];
  for (const app of Object.keys(SERVERS).filter((name) => name !== WITH_INBOX)) {
    results.push(...(await measureApp(app, [1, 16, 256], pace)));
  }
  return results;
}

/** Compares an app that stores its events in an inbox to the same app without one. */
export function measureHttpWithInbox(pace: HttpPace): Promise<Result[]> {
  return measureApp(WITH_INBOX, [1, 16, 64], pace);
}

async function measureApp(app: string, connections: readonly number[], pace: HttpPace): Promise<Result[]> {
  const rows = await startRows(app);
  for (const { server, variant } of rows) {
    await sendLoad(server.port, 16, requestsFor(variant, WARM_UP_REQUESTS));
  }
  const results: Result[] = [];
  for (const count of connections) {
    results.push(...toResults(app, rows, count, await alternate(rows, count, pace)));
  }
  for (const { server } of rows) server.stop();
  return results;
}

/** The variant that the others are compared to also runs in a second process. The two only differ by chance. */
function startRows(app: string): Promise<Row[]> {
  const [base, ...others] = Object.keys(SERVERS[app] ?? {}) as Variant[];
  const rows = [base, base, ...others].map((variant, index) => ({
    name: index === 1 ? `${variant}, second process` : `${variant}`,
    variant: variant as Variant,
  }));
  return Promise.all(rows.map(async (row) => ({ ...row, server: await startChild(app, row.variant) })));
}

/** Loads the servers in turns. Returns the samples of each row, one per round. */
async function alternate(
  rows: readonly Row[],
  connections: number,
  { rounds, requests }: HttpPace,
): Promise<Sample[][]> {
  const samples = rows.map((): Sample[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < rows.length; turn++) {
      const index = (round + turn) % rows.length;
      const { server, variant } = rows[index] as Row;
      // The first request of each connection is not timed.
      const wire = requestsFor(variant, requests + connections);
      const before = await server.ask('cpu');
      const load = await sendLoad(server.port, connections, wire);
      const answeredAt = performance.now();
      const after = await server.ask('cpu');
      // An inbox may still be handling when the last response has come, and that time counts too.
      const lateSeconds = (performance.now() - answeredAt) / 1_000;
      const perSecond = 1 / (1 / load.perSecond + lateSeconds / requests);
      const cpuMs = (after.cpuMs - before.cpuMs) / wire.length;
      samples[index]?.push({ ...load, perSecond, cpuNs: cpuMs * 1e6 });
    }
  }
  return samples;
}

/** Each request carries a new event, because a duplicate would cost less. */
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
  app: string,
  rows: readonly Row[],
  connections: number,
  samples: readonly Sample[][],
): Result[] {
  const [base = []] = samples;
  const column = connections === 1 ? '1 connection' : `${connections} connections`;
  const tableOf = (table: string, pick: (sample: Sample) => number, unit: Unit): Result[] =>
    rows.flatMap(({ name: row }, index): Result[] => {
      const values = (samples[index] as Sample[]).map(pick);
      const ratio = median(values.map((value, round) => value / pick(base[round] as Sample)));
      return [
        { table, row, column, value: ratio, unit: '×' },
        { table, row, column, value: median(values), unit },
      ];
    });
  return [
    ...tableOf(`${app}: CPU time of the server`, ({ cpuNs }) => cpuNs, 'ns'),
    ...tableOf(throughputTable(app), ({ perSecond }) => perSecond, 'req/s'),
    ...tableOf(`${app}: p50`, ({ p50Ms }) => p50Ms, 'ms'),
    ...tableOf(p99Table(app), ({ p99Ms }) => p99Ms, 'ms'),
  ];
}
