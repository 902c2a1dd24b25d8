import { renderTable } from '../../bench/src/page/format.ts';
import { rollingDeploy } from './availability.ts';
import type { DesignName } from './designs.ts';
import { type Part, shareInOutage } from './pictures.ts';
import { evenly, shareOf, simulate } from './simulate.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

const NAMES: Readonly<Record<DesignName, string>> = {
  none: 'no store',
  ledger: 'ledger',
  inbox: 'inbox',
  queue: 'gateway with SQS',
};

/** The tables of docs/scaling.md, by the name of their region. */
export const TABLES: Readonly<Record<string, () => string>> = {
  outages: outageTable,
  deploys: deployTable,
  failures: failureTable,
  slow: slowTable,
  dead: deadTable,
};

function outageTable(): string {
  const lengths = [5, 10, 15, 20, 30, 60, 300, 3_600];
  const share = (part: Part, design: DesignName, seconds: number) => {
    const lengthMs = seconds * SECOND_MS;
    const of = (retryDelays: 'offset' | 'interval') =>
      shareInOutage('lost', { part, design, lengthMs, retryDelays });
    const [offset, interval] = [percent(of('offset')), percent(of('interval'))];
    return offset === interval ? offset : `${offset} (${interval})`;
  };
  return renderTable([
    [
      'outage',
      'app down: no store, ledger or inbox',
      'app down: SQS',
      'CRM down: no store, or a ledger',
      'CRM down: inbox or SQS',
    ],
    ...lengths.map((seconds) => [
      length(seconds * SECOND_MS),
      share('app', 'inbox', seconds),
      share('app', 'queue', seconds),
      share('dependency', 'ledger', seconds),
      share('dependency', 'inbox', seconds),
    ]),
  ]);
}

function deployTable(): string {
  const restarts = [5, 10, 30, 60];
  const row = (what: string, instances: number, unnoticedSeconds?: number) => [
    what,
    ...restarts.map((seconds) => {
      const restartMs = seconds * SECOND_MS;
      const unnoticedMs = Math.min(restartMs, (unnoticedSeconds ?? seconds) * SECOND_MS);
      const app = rollingDeploy({ instances, restartMs, unnoticedMs });
      const arrivalsMs = evenly(2_000, 0, instances * restartMs);
      return percent(shareOf('lost', simulate({ design: 'inbox', retryDelays: 'offset', arrivalsMs, app })));
    }),
  ];
  return renderTable([
    ['', ...restarts.map((seconds) => `restart of ${length(seconds * SECOND_MS)}`)],
    row('one process', 1),
    row('three, one after the other; the load balancer notices nothing', 3),
    row('three, one after the other; the load balancer notices after 5 s', 3, 5),
    row('three; each leaves the load balancer before it stops', 3, 0),
  ]);
}

function failureTable(): string {
  const probabilities = [0.01, 0.1, 0.3, 0.5];
  const arrivalsMs = evenly(2_000, 0, HOUR_MS);
  const results = (design: DesignName, failureProbability: number) =>
    simulate({ design, retryDelays: 'offset', arrivalsMs, handlers: { count: 3, failureProbability } });
  return renderTable([
    ['each run of a handler fails with', ...probabilities.map(percent)],
    [
      'lost, no store, or a ledger',
      ...probabilities.map((p) => percent(shareOf('lost', results('ledger', p)))),
    ],
    [
      'a handler ran again although it had succeeded, no store',
      ...probabilities.map((p) => percent(shareRepeated(results('none', p).runs))),
    ],
    ['lost, inbox or SQS', ...probabilities.map((p) => percent(shareOf('lost', results('inbox', p))))],
    ['dead letter, inbox', ...probabilities.map((p) => percent(shareOf('dead', results('inbox', p))))],
    ['dead letter, SQS', ...probabilities.map((p) => percent(shareOf('dead', results('queue', p))))],
  ]);
}

function shareRepeated(runs: readonly number[]): number {
  return runs.filter((count) => count > 1).length / runs.length;
}

function slowTable(): string {
  const durations = [5, 12, 20, 40];
  return renderTable([
    ['a handler takes', ...durations.map((seconds) => length(seconds * SECOND_MS))],
    ...(['none', 'ledger', 'inbox'] as const).map((design) => [
      `runs, ${NAMES[design]}`,
      ...durations.map((seconds) => {
        const handlers = { durationMs: seconds * SECOND_MS };
        return String(simulate({ design, retryDelays: 'offset', arrivalsMs: [0], handlers }).runs[0]);
      }),
    ]),
  ]);
}

function deadTable(): string {
  const lengths = [10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 6 * HOUR_MS];
  const row = (design: DesignName) => [
    NAMES[design],
    ...lengths.map((lengthMs) =>
      percent(shareInOutage('dead', { part: 'dependency', lengthMs, design, retryDelays: 'offset' })),
    ),
  ];
  return renderTable([['CRM down for', ...lengths.map(length)], row('inbox'), row('queue')]);
}

function length(ms: number): string {
  if (ms >= HOUR_MS) return `${ms / HOUR_MS} h`;
  return ms > MINUTE_MS ? `${ms / MINUTE_MS} min` : `${ms / SECOND_MS} s`;
}

/** Shows a share that is not 0 as more than 0. */
function percent(share: number): string {
  if (share === 0) return '0 %';
  return share < 0.01 ? '< 1 %' : `${Math.round(share * 100)} %`;
}
