import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '@showpad-webhooks/inbox-tests';
import { sendLoad } from '../../../bench/src/http/load.ts';
import { machineCpuMs } from './cpu-time.ts';
import type { Pace } from './pace.ts';
import { requests } from './requests.ts';
import { type App, startApp } from './start-app.ts';
import { createStore, type Store } from './store.ts';

/** A measurement of events from the first request until the last one is handled. */
export interface OverHttp {
  /** Without one, the handler runs before the response. */
  readonly engine?: Engine;
  readonly processes: number;
  readonly connections: number;
  readonly perSecond: number;
  /** CPU time per event: of all processes of the app, of the store's server, and of the sender. */
  readonly appCpuMicros: number;
  readonly serverCpuMicros: number;
  readonly senderCpuMicros: number;
  /** How many cores nothing else used. */
  readonly freeCores: number;
  /** Of one process, at the end. */
  readonly rssBytes: number;
}

export interface Apps {
  measure(connections: number, pace: Pace): Promise<OverHttp>;
  close(): Promise<void>;
}

/** Starts the processes of an app, which share a new store. */
export async function startApps(processes: number, engine?: Engine): Promise<Apps> {
  const store = engine && (await createStore(engine));
  const apps = await Promise.all(Array.from({ length: processes }, () => startApp(store?.target)));
  const subject = engine ? { engine, processes } : { processes };
  return {
    measure: async (connections, pace) => ({
      ...subject,
      connections,
      ...(await measureApps(apps, store, connections, pace)),
    }),
    async close() {
      await Promise.all(apps.map((app) => app.stop()));
      await store?.remove();
    },
  };
}

async function measureApps(
  apps: readonly App[],
  store: Store | undefined,
  connections: number,
  { events, bodyBytes }: Pace,
): Promise<Omit<OverHttp, 'engine' | 'processes' | 'connections'>> {
  const wires = apps.map(() => requests(events / apps.length, bodyBytes));
  const before = await readUsage(apps, store);
  const startedMs = performance.now();
  await Promise.all(
    apps.map((app, index) => sendLoad(app.port, connections / apps.length, wires[index] ?? [])),
  );
  while ((await handledBy(apps)) - before.handled < events) await delay(5);
  const wallMs = performance.now() - startedMs;
  const after = await readUsage(apps, store);
  const spentMs = (what: 'appMs' | 'serverMs' | 'senderMs' | 'machineMs') => after[what] - before[what];
  const othersMs = spentMs('machineMs') - spentMs('appMs') - spentMs('serverMs') - spentMs('senderMs');
  return {
    perSecond: (events / wallMs) * 1_000,
    appCpuMicros: (spentMs('appMs') / events) * 1_000,
    serverCpuMicros: (spentMs('serverMs') / events) * 1_000,
    senderCpuMicros: (spentMs('senderMs') / events) * 1_000,
    freeCores: cpus().length - Math.max(0, othersMs) / wallMs,
    rssBytes: after.rssBytes,
  };
}

async function handledBy(apps: readonly App[]): Promise<number> {
  const usages = await Promise.all(apps.map((app) => app.usage()));
  return usages.reduce((sum, { handled }) => sum + handled, 0);
}

async function readUsage(apps: readonly App[], store: Store | undefined) {
  const usages = await Promise.all(apps.map((app) => app.usage()));
  const { user, system } = process.cpuUsage();
  return {
    handled: usages.reduce((sum, { handled }) => sum + handled, 0),
    rssBytes: Math.max(...usages.map(({ rssBytes }) => rssBytes)),
    appMs: usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    serverMs: store?.serverCpuMs() ?? 0,
    senderMs: (user + system) / 1_000,
    machineMs: machineCpuMs(),
  };
}
