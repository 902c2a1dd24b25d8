import { type BenchChild, startChild } from '../http/child.ts';
import { type Load, sendLoad, toWire } from '../http/load.ts';
import { SERVERS, type Variant } from '../http/servers.ts';
import { median } from '../measure.ts';
import { HAND_WRITTEN, p99Table, throughputTable } from '../names.ts';
import { githubSignature } from '../peers.ts';
import { deliveries } from '../receivers.ts';
import type { Result, Unit } from '../results.ts';

const BYTES = 1_024;
const WARM_UP_REQUESTS = 3_000;
const CONNECTIONS: readonly number[] = [1, 16, 256];
/** A second process of the hand-written server. The two only differ by chance. */
const CONTROL = `${HAND_WRITTEN}, second process`;

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
  const rows = variants.flatMap((variant) => {
    const names = variant === HAND_WRITTEN ? [HAND_WRITTEN, CONTROL] : [variant];
    return names.map((name) => ({ name, variant }));
  });
  return Promise.all(rows.map(async (row) => ({ ...row, server: await startChild(framework, row.variant) })));
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
      const after = await server.ask('cpu');
      const cpuMs = (after.cpuMs - before.cpuMs) / wire.length;
      samples[index]?.push({ ...load, cpuNs: cpuMs * 1e6 });
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
  framework: string,
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
    ...tableOf(`${framework}: CPU time of the server`, ({ cpuNs }) => cpuNs, 'ns'),
    ...tableOf(throughputTable(framework), ({ perSecond }) => perSecond, 'req/s'),
    ...tableOf(`${framework}: p50`, ({ p50Ms }) => p50Ms, 'ms'),
    ...tableOf(p99Table(framework), ({ p99Ms }) => p99Ms, 'ms'),
  ];
}
