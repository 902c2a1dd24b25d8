import type { Engine } from '@showpad-webhooks/inbox-tests';
import type { RecordedCosts } from './recorded.ts';

/** What one event costs in a store, from the put until it is done. */
export interface StoreCosts {
  /** How long the event loop of the app can do nothing else. */
  readonly loopMicros: number;
  /** CPU time of the app, and of the server of the store. */
  readonly appMicros: number;
  readonly serverMicros: number;
  readonly waitingBytes: number;
  readonly doneBytes: number;
  readonly writtenBytes: number;
}

/** What one event costs. Times are CPU times in µs. */
export interface Costs {
  /** Of a delivery in Express, with its verification, and without any store. */
  readonly deliveryMicros: number;
  readonly handlerMicros: number;
  /** The memory of a process that is busy. */
  readonly processBytes: number;
  readonly stores: Readonly<Record<Engine, StoreCosts>>;
}

/** With fewer, the sender waits, and not the app. */
const LEAST_CONNECTIONS = 8;

/**
 * Reads what was measured.
 *
 * @param atOnce how many events are stored at the same time. They share a commit, so the more, the less each costs. 1: each comes alone.
 */
export function readCosts(recorded: RecordedCosts, atOnce: number): Costs {
  const { handlerMicros, bytes, steps, overHttp } = recorded;
  const store = (engine: Engine): StoreCosts => {
    const { appMicros, serverMicros, wallMicros } = find(
      steps,
      (each) => each.engine === engine && each.concurrency === atOnce,
      `an inbox in ${engine}, ${atOnce} at once`,
    );
    const { waiting, done, written } = find(bytes, (each) => each.engine === engine, `bytes in ${engine}`);
    return {
      // SQLite works in the event loop, which waits for each sync. The other stores work while the app does something else.
      loopMicros: engine === 'sqlite' ? wallMicros : appMicros,
      appMicros,
      serverMicros,
      waitingBytes: waiting,
      doneBytes: done,
      writtenBytes: written,
    };
  };
  return {
    deliveryMicros: find(
      overHttp,
      (each) => !each.engine && each.connections === Math.max(LEAST_CONNECTIONS, atOnce),
      `Express without a store, ${atOnce} connections`,
    ).appCpuMicros,
    handlerMicros,
    processBytes: Math.max(...overHttp.map(({ rssBytes }) => rssBytes)),
    stores: { sqlite: store('sqlite'), postgres: store('postgres'), redis: store('redis') },
  };
}

function find<Item>(items: readonly Item[], isIt: (item: Item) => boolean, what: string): Item {
  const item = items.find(isIt);
  if (item) return item;
  throw new Error(`Nothing was measured of this: ${what}. Run "pnpm --dir test/simulation measure".`);
}
