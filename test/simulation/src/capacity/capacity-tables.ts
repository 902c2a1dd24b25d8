import { INBOX_DEFAULTS } from '@showpad-webhooks/core/inbox';
import { renderTable } from '../../../bench/src/page/format.ts';
import { awsLimits } from './aws.ts';
import { calculate, errorOf, type Figures } from './check.ts';
import { type Costs, readCosts } from './costs.ts';
import { type Limit, limitsOf, type Setup } from './limits.ts';
import { eventsPerDay, type Plan, peakPerSecond } from './plan.ts';
import type { RecordedCosts } from './recorded.ts';
import { smallestSetup } from './smallest-setup.ts';
import { about, aboutBytes, aboutTime } from './text.ts';
import { averageWaitMs, burstMs, handledPerSecond } from './waiting.ts';

/** Each event comes alone. If several share a commit, a store carries more. */
const AT_ONCE = 1;
const DEFAULT_CONCURRENCY = INBOX_DEFAULTS.concurrency;
const ENGINE_NAMES = { sqlite: 'SQLite', postgres: 'Postgres', redis: 'Redis' } as const;
const ENGINES = ['sqlite', 'postgres', 'redis'] as const;

/** The tables of docs/scaling.md that come from the model, by the name of their region. */
export function capacityTables(recorded: RecordedCosts, plan: Plan): Readonly<Record<string, string>> {
  const costs = readCosts(recorded, AT_ONCE);
  return {
    setups: setupsTable(costs, plan),
    limits: limitsTable(costs, plan),
    handlers: handlersTable(costs),
    waits: waitsTable(plan),
    bytes: bytesTable(costs, plan),
    memory: memoryText(costs),
    aws: awsTable(),
    check: checkTable(recorded),
  };
}

function setupsTable(costs: Costs, plan: Plan): string {
  const volumes = [1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
  return renderTable([
    [
      'events a day',
      'in the busiest second',
      'the smallest set-up',
      'it carries a day',
      'limited first by',
      'or with SQS',
    ],
    ...volumes.map((perDay) => {
      const setup = smallestSetup(perDay, costs, plan);
      const [first] = limitsOf(setup, costs, plan) as [Limit];
      return [
        about(perDay),
        about(peakPerSecond(perDay, plan)),
        nameOf(setup),
        about(first.perDay),
        first.what,
        sqsFor(perDay, plan),
      ];
    }),
  ]);
}

function nameOf({ engine, processes, concurrency, stores = 1 }: Setup): string {
  const store = engine ? ENGINE_NAMES[engine] : 'no store';
  const settings = concurrency === DEFAULT_CONCURRENCY ? '' : `, \`concurrency: ${concurrency}\``;
  if (stores > 1) return `${stores} ${store}, each with ${processes} processes${settings}`;
  return `${processes === 1 ? 'one process' : `${processes} processes`}, ${store}${settings}`;
}

/** Which limits have to be raised for so many events. */
function sqsFor(perDay: number, plan: Plan): string {
  const tooLow = awsLimits(plan.handlerMs / 1_000).filter(
    (limit) => eventsPerDay(limit.perSecond(plan.handlerMs / 1_000), plan) < perDay,
  );
  return tooLow.length === 0 ? 'our template' : `raise: ${tooLow.map(({ name }) => name).join(', ')}`;
}

function limitsTable(costs: Costs, plan: Plan): string {
  const { concurrency, cores } = plan;
  const many = Number.POSITIVE_INFINITY;
  const row = (name: string, limits: readonly Limit[]) => {
    const [first, second] = limits as [Limit, Limit | undefined];
    const rate = first.perSecond === undefined ? '' : about(first.perSecond);
    const next =
      second && Number.isFinite(second.perDay) ? `${second.what} (${about(second.perDay)} a day)` : '';
    return [name, rate, about(first.perDay), first.what, first.whatToDo, next];
  };
  const setup = (name: string, each: Setup) => row(name, limitsOf(each, costs, plan));
  const queue = awsLimits(plan.handlerMs / 1_000).map((limit) => {
    const perSecond = limit.perSecond(plan.handlerMs / 1_000);
    return { ...limit, what: limit.name, perSecond, perDay: eventsPerDay(perSecond, plan) };
  });
  return renderTable([
    ['', 'events per second', 'events a day', 'limited first by', 'what to do then', 'limited next by'],
    setup('one process, no store', { processes: 1, concurrency }),
    setup('one process, SQLite', { engine: 'sqlite', processes: 1, concurrency }),
    setup('one process, Postgres', { engine: 'postgres', processes: 1, concurrency }),
    setup('one process, Redis', { engine: 'redis', processes: 1, concurrency }),
    setup(`one machine, ${cores} processes, SQLite`, { engine: 'sqlite', processes: cores, concurrency }),
    setup('one Postgres, many processes', { engine: 'postgres', processes: many, concurrency }),
    setup('one Redis, many processes', { engine: 'redis', processes: many, concurrency }),
    row('one SQS queue, with our template', queue),
    row('one SQS queue, with both settings raised', queue.slice(2)),
  ]);
}

function handlersTable({ deliveryMicros, handlerMicros, stores }: Costs): string {
  const places = [1, DEFAULT_CONCURRENCY, 64, 512];
  const loopPerSecond = 1e6 / (deliveryMicros + handlerMicros + stores.sqlite.loopMicros);
  const rate = (count: number, handlerMs: number) => {
    const perSecond = handledPerSecond(count, handlerMs);
    return perSecond < loopPerSecond ? about(perSecond) : `${about(loopPerSecond)}, the event loop's limit`;
  };
  const burst = (handlerMs: number) =>
    Math.max(burstMs(1_000, DEFAULT_CONCURRENCY, handlerMs), (1_000 * 1_000) / loopPerSecond);
  const name = (count: number) =>
    `\`concurrency: ${count}\`${count === DEFAULT_CONCURRENCY ? ', the default' : ''}`;
  return renderTable([
    ['a handler takes', ...places.map(name), `1,000 events at once, with ${DEFAULT_CONCURRENCY}`],
    ...[1, 50, 1_000].map((handlerMs) => [
      aboutTime(handlerMs),
      ...places.map((count) => rate(count, handlerMs)),
      `handled after ${aboutTime(burst(handlerMs))}`,
    ]),
  ]);
}

function waitsTable({ handlerMs }: Plan): string {
  const shares = [0.5, 0.8, 0.9, 0.95];
  return renderTable([
    ['of what the handlers can handle, there comes', ...shares.map((share) => `${share * 100} %`)],
    [
      `an event waits on average, with handlers of ${aboutTime(handlerMs)} and \`concurrency: ${DEFAULT_CONCURRENCY}\``,
      ...shares.map((share) => aboutTime(averageWaitMs(share, DEFAULT_CONCURRENCY, handlerMs))),
    ],
  ]);
}

function bytesTable({ stores }: Costs, { keepDoneDays }: Plan): string {
  const volumes = [1e4, 1e6, 1e8];
  return renderTable([
    [
      'an event takes',
      'while it waits',
      'when it is done',
      'written for it',
      ...volumes.map((perDay) => `${about(perDay)} a day, kept for ${keepDoneDays} days`),
    ],
    ...ENGINES.map((engine) => {
      const { waitingBytes, doneBytes, writtenBytes } = stores[engine];
      return [
        engine === 'redis' ? 'Redis, in memory' : ENGINE_NAMES[engine],
        ...[waitingBytes, doneBytes, writtenBytes].map(aboutBytes),
        ...volumes.map((perDay) => aboutBytes(perDay * keepDoneDays * doneBytes)),
      ];
    }),
  ]);
}

function memoryText({ processBytes }: Costs): string {
  return `A busy process with Express takes about ${aboutBytes(processBytes)} of memory, and the bodies that are on their way, up to \`maxBytesInFlight\` (256 MiB).`;
}

function awsTable(): string {
  return renderTable([
    ['limit', 'value', 'events per second, with handlers of 1 s', 'what to do'],
    ...awsLimits(1).map(({ what, value, whatToDo, perSecond }) => [
      what,
      value,
      perSecond(1).toLocaleString('en'),
      whatToDo,
    ]),
  ]);
}

function checkTable(recorded: RecordedCosts): string {
  const { date, node, cpus, cpuModel } = recorded;
  const apps = recorded.overHttp
    .filter(({ engine }) => engine)
    .map((measured) => ({ measured, calculated: calculate(measured, recorded) }));
  const table = renderTable([
    [
      'calculated → measured',
      'connections',
      'CPU of the app per event',
      'CPU of the server per event',
      'events per second',
    ],
    ...apps.map(({ measured, calculated: { shared, alone } }) => {
      const { engine, processes, connections } = measured;
      const cell = (figure: keyof Figures, unit = '') =>
        `${about(shared[figure])} or ${about(alone[figure])} → ${about(measured[figure])}${unit}`;
      return [
        nameOf({ ...(engine && { engine }), processes, concurrency: DEFAULT_CONCURRENCY }),
        String(connections),
        cell('appCpuMicros', ' µs'),
        engine === 'sqlite' ? '' : cell('serverCpuMicros', ' µs'),
        cell('perSecond'),
      ];
    }),
  ]);
  const free = apps.map(({ measured }) => measured.freeCores);
  const most = (figure: keyof Figures) => {
    const errors = apps.map(({ measured: { engine, processes, ...measured }, calculated }) => ({
      error: errorOf(figure, measured, calculated),
      where: nameOf({ ...(engine && { engine }), processes, concurrency: DEFAULT_CONCURRENCY }),
    }));
    const worst = errors.reduce((one, other) => (other.error > one.error ? other : one));
    return worst.error === 0 ? '0 %' : `${Math.round(100 * worst.error)} % (${worst.where})`;
  };
  return [
    table,
    `Of the two calculated figures, the first is for events that share commits, and the second for events that each come alone. What was measured should lie between them. It lies outside by at most ${most('appCpuMicros')} for the CPU of the app, ${most('serverCpuMicros')} for that of the server, and ${most('perSecond')} for the events per second. Measured on ${date}, with ${cpus} cores of ${cpuModel}, of which other programs left at least ${Math.min(...free).toFixed(1)}, and Node ${node}.`,
  ].join('\n\n');
}
