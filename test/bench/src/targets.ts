import type { Result } from './results.ts';

/** A figure that a run must reach. */
export interface Target {
  readonly what: string;
  readonly group: string;
  readonly name: string;
  readonly at: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Divide by the figure of this row, in the same column. */
  readonly per?: string;
}

const OURS = '@showpad-webhooks/core';
const VERIFY = 'verify and parse';
const RECEIVE = 'the whole pipeline';
const REFUSE = 'refusing';

const TARGETS: readonly Target[] = [
  { what: 'verify and parse, compared to the limit', group: VERIFY, name: OURS, at: '1 kB', atMost: 1.25 },
  ...['32 kB', '256 kB', '1 MB'].map((at) => ({
    what: 'verify and parse, compared to the limit',
    group: VERIFY,
    name: OURS,
    at,
    atMost: 1.05,
  })),
  ...['standardwebhooks', 'svix', 'stripe', '@octokit/webhooks-methods', '@hookflo/tern'].map((name) => ({
    what: `${name}, compared to ours`,
    group: VERIFY,
    name,
    at: '1 kB',
    per: OURS,
    atLeast: 1,
  })),
  {
    what: 'receive(), compared to the limit',
    group: RECEIVE,
    name: 'receive()',
    at: '1 kB',
    atMost: 2,
  },
  {
    what: 'octokit verifyAndReceive, compared to receive()',
    group: RECEIVE,
    name: '@octokit/webhooks verifyAndReceive',
    at: '1 kB',
    per: 'receive()',
    atLeast: 3,
  },
  {
    what: 'a forgery, compared to an accepted delivery',
    group: REFUSE,
    name: 'a forgery',
    at: 'receive()',
    atMost: 1,
  },
  {
    what: 'a wrong header: no HMAC at all',
    group: REFUSE,
    name: 'a wrong header',
    at: '256 kB, to the limit',
    atMost: 0.1,
  },
  {
    what: 'verifySignature: a forgery, compared to an accepted one',
    group: REFUSE,
    name: 'a forgery',
    at: 'verifySignature',
    atMost: 1,
  },
  {
    what: '1,000 keys, the right one used before, compared to one key',
    group: 'keys',
    name: '1,000 keys',
    at: 'last, used before',
    atMost: 1.3,
  },
  ...['Express', 'Koa', 'Nest on Express', 'Nest on Fastify'].flatMap((framework) => {
    const least = framework === 'Nest on Fastify' ? 0.97 : 1;
    const what = `${framework}, compared to the same by hand`;
    return ['1', '16', '256'].flatMap((at): Target[] => [
      { what: `${what}: throughput`, group: `${framework}: throughput`, name: 'ours', at, atLeast: least },
      { what: `${what}: p99`, group: `${framework}: p99`, name: 'ours', at, atMost: 1.1 },
    ]);
  }),
  { what: 'ledger, bytes per id', group: 'ledger', name: '1,000,000 ids', at: 'bytes per id', atMost: 200 },
  {
    what: 'ledger, 10^6 ids compared to 10^5',
    group: 'ledger',
    name: '1,000,000 ids',
    at: 'claim and complete',
    per: '100,000 ids',
    atMost: 1.5, // The rest is the cache of the processor: there are ten times as many ids.
  },
  { what: 'import of core', group: 'start', name: OURS, at: 'ESM', atMost: 15 },
  { what: 'import of core', group: 'start', name: OURS, at: 'CJS', atMost: 15 },
  { what: 'size of core', group: 'start', name: OURS, at: 'gzip', atMost: 12 },
];

export interface Verdict {
  readonly target: Target;
  /** Undefined if the run did not measure it. */
  readonly measured: number | undefined;
  readonly isMet: boolean;
}

export function judge(results: readonly Result[], targets: readonly Target[] = TARGETS): Verdict[] {
  return targets.map((target) => {
    const { group, name, at, per, atMost = Number.POSITIVE_INFINITY, atLeast = 0 } = target;
    const find = (row: string) =>
      results.find((result) => result.group === group && result.name === row && result.at === at)?.value;
    const value = find(name);
    const divisor = per === undefined ? 1 : find(per);
    const measured = value === undefined || divisor === undefined ? undefined : value / divisor;
    return { target, measured, isMet: measured !== undefined && measured <= atMost && measured >= atLeast };
  });
}
