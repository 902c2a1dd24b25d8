import type { Engine } from '@showpad-webhooks/inbox-tests';
import type { Costs } from './costs.ts';
import { eventsPerDay, type Plan } from './plan.ts';
import { handledPerSecond } from './waiting.ts';

/** What receives and handles events: processes of the app, and the store that they share. */
export interface Setup {
  /** Without one, handlers run before the response. */
  readonly engine?: Engine;
  readonly processes: number;
  /** How many events a process handles at once. */
  readonly concurrency: number;
  /** Whether all processes run on one machine. SQLite needs that. */
  readonly isOneMachine?: boolean;
  /** How many such stores there are, each with processes of its own and the events of other subscriptions. Default 1. */
  readonly stores?: number;
}

/** Something of which a set-up has no more than so much. */
export interface Limit {
  readonly what: string;
  readonly whatToDo: string;
  /** Undefined if not a busy second uses it up, but the events of days. */
  readonly perSecond?: number;
  /** How many events a day may have. */
  readonly perDay: number;
}

/** Returns the limits of a set-up. The first one is what limits it first. */
export function limitsOf(setup: Setup, costs: Costs, plan: Plan): Limit[] {
  const { engine, processes, concurrency, isOneMachine = engine === 'sqlite', stores = 1 } = setup;
  const { cores, handlerMs } = plan;
  const store = engine && costs.stores[engine];
  const perEventMicros = costs.deliveryMicros + costs.handlerMicros;
  const limits: Limit[] = [];
  const add = (what: string, perSecond: number, whatToDo: string) =>
    limits.push({
      what,
      whatToDo,
      perSecond: perSecond * stores,
      perDay: eventsPerDay(perSecond * stores, plan),
    });

  add(
    'the event loop of the app',
    perSecondOf(perEventMicros + (store?.loopMicros ?? 0), processes),
    'more processes',
  );
  if (isOneMachine && processes > 1) {
    const cpuMicros = perEventMicros + (store?.appMicros ?? 0) + (store?.serverMicros ?? 0);
    add(`${cores} cores`, perSecondOf(cpuMicros, cores), 'more machines, with Postgres or Redis');
  }
  if (!store) return inOrder(limits);

  add(
    'places for handlers',
    handledPerSecond(processes * concurrency, handlerMs),
    'a higher `concurrency`, if what the handlers call can bear it',
  );
  if (engine === 'sqlite' && processes > 1) {
    add('one process writes at a time', perSecondOf(store.loopMicros), 'Postgres');
  }
  if (engine === 'postgres') {
    const whatToDo = 'a larger server, and then one more, for other subscriptions';
    add(`${cores} cores of Postgres`, perSecondOf(store.serverMicros, cores), whatToDo);
  }
  if (engine === 'redis') {
    add('the one thread of Redis', perSecondOf(store.serverMicros), 'one more, for other subscriptions');
    const perDay = (plan.redisGigabytes * 1e9 * stores) / (store.doneBytes * plan.keepDoneDays);
    const what = `${plan.redisGigabytes} GB of memory, for the events of ${plan.keepDoneDays} days`;
    limits.push({ what, whatToDo: 'a shorter `keepDoneMs`', perDay });
  }
  add(
    `${plan.diskMegabytesPerSecond} MB per second of the disk`,
    (plan.diskMegabytesPerSecond * 1e6) / store.writtenBytes,
    'a faster disk',
  );
  return inOrder(limits);
}

/** How often something is done that takes so long, by `workers` at once. */
function perSecondOf(micros: number, workers = 1): number {
  return (workers * 1e6) / micros;
}

function inOrder(limits: readonly Limit[]): Limit[] {
  return limits.toSorted((one, other) => one.perDay - other.perDay);
}
