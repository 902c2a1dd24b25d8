import { CORE, MIDDLEWARE, p99Table, TABLES, throughputTable, WITH_INBOX } from './names.ts';
import { findResult, type Result } from './results.ts';

/** A bound that one number of a run must keep. */
interface Target {
  readonly what: string;
  readonly table: string;
  readonly row: string;
  readonly column: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** If it is set, the number is divided by the number of this row in the same column. */
  readonly dividedBy?: string;
}

const PEERS = ['standardwebhooks', 'svix', 'stripe', '@octokit/webhooks-methods', '@hookflo/tern'];
const OCTOKIT_PIPELINE = '@octokit/webhooks verifyAndReceive';

function frameworkTargets(framework: string, least: number): Target[] {
  return ['1 connection', '16 connections', '256 connections'].flatMap((column): Target[] => [
    {
      what: `${framework}, throughput compared to hand-written`,
      table: throughputTable(framework),
      row: MIDDLEWARE,
      column,
      atLeast: least,
    },
    {
      what: `${framework}, p99 compared to hand-written`,
      table: p99Table(framework),
      row: MIDDLEWARE,
      column,
      atMost: 1.1,
    },
  ]);
}

const TARGETS: readonly Target[] = [
  {
    what: 'verify and parse, compared to the limit',
    table: TABLES.verify,
    row: CORE,
    column: '1 kB',
    atMost: 1.25,
  },
  ...['32 kB', '256 kB', '1 MB'].map((column) => ({
    what: 'verify and parse, compared to the limit',
    table: TABLES.verify,
    row: CORE,
    column,
    atMost: 1.05,
  })),
  ...PEERS.map((peer) => ({
    what: `${peer}, compared to core`,
    table: TABLES.verify,
    row: peer,
    column: '1 kB',
    dividedBy: CORE,
    atLeast: 1,
  })),
  {
    what: 'receive(), compared to the limit',
    table: TABLES.receive,
    row: 'receive()',
    column: '1 kB',
    atMost: 2,
  },
  {
    what: `${OCTOKIT_PIPELINE}, compared to receive()`,
    table: TABLES.receive,
    row: OCTOKIT_PIPELINE,
    column: '1 kB',
    dividedBy: 'receive()',
    atLeast: 3,
  },
  {
    what: 'receive() with a forgery, compared to an accepted delivery',
    table: TABLES.reject,
    row: 'a forgery',
    column: 'receive()',
    atMost: 1,
  },
  {
    what: 'receive() with a malformed signature, compared to the limit',
    table: TABLES.reject,
    row: 'a malformed signature',
    column: '256 kB, compared to the limit',
    atMost: 0.1,
  },
  {
    what: 'verifySignature() with a forgery, compared to an accepted delivery',
    table: TABLES.reject,
    row: 'a forgery',
    column: 'verifySignature()',
    atMost: 1,
  },
  {
    what: '1,000 keys, compared to one key',
    table: TABLES.keys,
    row: '1,000 keys',
    column: 'the last key matches, and did before',
    atMost: 1.3,
  },
  ...['Express', 'Koa', 'Nest on Express'].flatMap((framework) => frameworkTargets(framework, 1)),
  ...frameworkTargets('Nest on Fastify', 0.97),
  ...['1 connection', '16 connections', '64 connections'].map((column) => ({
    what: 'Express with the SQLite inbox, throughput compared to no inbox',
    table: throughputTable(WITH_INBOX),
    row: 'SQLite inbox',
    column,
    atLeast: 0.9,
  })),
  {
    what: 'bytes per id in the ledger',
    table: TABLES.ledger,
    row: '1,000,000 ids',
    column: 'bytes per id',
    atMost: 200,
  },
  {
    what: 'the ledger with 1,000,000 ids, compared to 100,000',
    table: TABLES.ledger,
    row: '1,000,000 ids',
    column: 'claim and complete',
    dividedBy: '100,000 ids',
    // A call does the same work with ten times as many ids, but fewer of them are in the caches of the processor.
    atMost: 1.5,
  },
  { what: 'ms to import core', table: TABLES.start, row: CORE, column: 'import', atMost: 15 },
  { what: 'ms to require core', table: TABLES.start, row: CORE, column: 'require', atMost: 15 },
  { what: 'size of core in kB', table: TABLES.start, row: CORE, column: 'size', atMost: 12 },
];

export interface Verdict {
  readonly target: Target;
  /** Undefined if the run did not measure it. */
  readonly measured: number | undefined;
  readonly isMet: boolean;
}

export function judge(results: readonly Result[]): Verdict[] {
  return TARGETS.map((target) => {
    const { dividedBy, atMost = Number.POSITIVE_INFINITY, atLeast = 0 } = target;
    const value = findResult(results, target)?.value;
    const divisor = dividedBy === undefined ? 1 : findResult(results, { ...target, row: dividedBy })?.value;
    const measured = value === undefined || divisor === undefined ? undefined : value / divisor;
    return { target, measured, isMet: measured !== undefined && measured <= atMost && measured >= atLeast };
  });
}
