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

export async function measureHttp(pace: HttpPace): Promise<Result[]> {
  const results: Result[] = [];
  for (const [framework, variants] of Object.entries(SERVERS)) {
    const names = Object.keys(variants) as Variant[];
    const servers = await Promise.all(names.map((name) => startChild(framework, name)));
    for (const [index, { port }] of servers.entries()) {
      await sendLoad(port, 16, requestsFor(names[index] as Variant, WARM_UP_REQUESTS));
    }
    for (const connections of CONNECTIONS) {
      const figures = await alternate(names, servers, connections, pace);
      results.push(...toResults(framework, names, connections, figures));
    }
    for (const { stop } of servers) stop();
  }
  return results;
}

/** By variant and round. */
async function alternate(
  names: readonly Variant[],
  servers: readonly BenchChild[],
  connections: number,
  { rounds, requests }: HttpPace,
): Promise<Figures[][]> {
  const figures = names.map((): Figures[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const index = (round + turn) % names.length;
      const { port, ask } = servers[index] as BenchChild;
      const wire = requestsFor(names[index] as Variant, requests);
      const before = await ask('cpu');
      const load = await sendLoad(port, connections, wire);
      const cpuMs = ((await ask('cpu')).cpuMs - before.cpuMs) / requests;
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
  names: readonly Variant[],
  connections: number,
  figures: Figures[][],
): Result[] {
  const [base = []] = figures;
  const table = (what: string, pick: (figures: Figures) => number, unit: Unit): Result[] =>
    names.flatMap((name, index): Result[] => {
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
