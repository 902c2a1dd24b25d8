import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createTarget, type Engine, openInbox, type Target } from '@showpad-webhooks/inbox-tests';
import { type App, type Life, startApp } from './app-process.ts';
import { deliveryOf } from './entry.ts';
import { post } from './post.ts';
import { quantileOf } from './trend.ts';

export interface MachinesOptions {
  readonly engine: Engine;
  /** How many processes share the store. */
  readonly processes: number;
  readonly events: number;
  /** How many deliveries are under way at the same time. */
  readonly concurrency: number;
}

export interface MachinesReport {
  readonly engine: Engine;
  readonly processes: number;
  /** From the first delivery to the last handled event. */
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Of all processes together, for a delivery and its handling, in µs. */
  readonly cpuPerEvent: number;
  /** The smallest and the largest share of the events that a process handled, if a fair share is 1. */
  readonly fairness: readonly [number, number];
  /** Events that came to two processes at once. */
  readonly twins: number;
  /** Effects that came more than once. */
  readonly repeated: number;
  readonly lost: number;
  /** Deliveries during the rolling deploy that needed another attempt, of all deliveries during it. */
  readonly deploy: { readonly retried: number; readonly deliveries: number };
}

const PATIENCE_MS = 60_000;
/** For each process, so that its code is compiled. */
const WARM_UP_EVENTS = 300;
/** Each so many events, one is sent to two processes at the same moment. */
const EVERY_TWIN = 10;
const LEASE_MS = 5_000;
/** How long the load balancer waits if no process took an event. */
const AGAIN_MS = 50;

/** Sends events in turn to processes that share one store, and restarts them one after the other at the end. */
export async function runMachines(options: MachinesOptions): Promise<MachinesReport> {
  const { engine, processes, events, concurrency } = options;
  const { target, remove } = await createTarget(engine);
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency * 2 });
  const settings = { target, port: 0, leaseMs: LEASE_MS, work: 'none' } as const;
  const apps: App[] = await Promise.all(Array.from({ length: processes }, () => startApp(settings)));
  const lives: Life[] = [];
  const acknowledged = new Set<string>();
  const latencies: number[] = [];
  let turn = 0;
  let retried = 0;
  let deliveries = 0;

  /** A load balancer that sends to the next process, and to another one if that is down. */
  async function deliver(id: string, more = 0): Promise<void> {
    deliveries++;
    const first = turn++ + more;
    const endMs = performance.now() + PATIENCE_MS;
    for (let attempt = 0; performance.now() < endMs; attempt++) {
      const { port } = apps[(first + attempt) % processes] as App;
      const { status = 0, tookMs } = await post(deliveryOf(id), { port, agent, manner: 'whole', pauseMs: 0 });
      if (status === 200 || status === 202) {
        acknowledged.add(id);
        latencies.push(tookMs);
        return;
      }
      if (attempt === 0) retried++;
      if (attempt % processes === processes - 1) await delay(AGAIN_MS);
    }
    throw new Error('No process took an event.');
  }

  /** Sends events until it is over. Resolves to how many there were, and how many of them came to two processes at once. */
  async function deliverUntil(isOver: (sent: number) => boolean): Promise<{ sent: number; twins: number }> {
    const counts = { sent: 0, twins: 0 };
    async function work(): Promise<void> {
      while (!isOver(counts.sent)) {
        const isTwin = processes > 1 && counts.sent % EVERY_TWIN === 0;
        counts.sent++;
        if (isTwin) counts.twins++;
        const id = randomUUID();
        await Promise.all(isTwin ? [deliver(id), deliver(id, 1)] : [deliver(id)]);
      }
    }
    await Promise.all(Array.from({ length: concurrency }, work));
    return counts;
  }

  try {
    await deliverUntil((sent) => sent >= WARM_UP_EVENTS * processes);
    await untilHandled(target);
    const before = await measureAll(apps);
    latencies.length = 0;
    const startedMs = performance.now();
    const { twins } = await deliverUntil((sent) => sent >= events);
    await untilHandled(target);
    const seconds = (performance.now() - startedMs) / 1_000;
    const after = await measureAll(apps);
    const handled = after.map((sample, index) => sample.handled - (before[index]?.handled ?? 0));
    const cpuMs = after.reduce((sum, sample, index) => sum + sample.cpuMs - (before[index]?.cpuMs ?? 0), 0);
    const shares = handled.map((count) => (count * processes) / events);
    const p99Ms = quantileOf(latencies, 0.99);

    [retried, deliveries] = [0, 0];
    let isDeployed = processes === 1;
    const deploying = (async () => {
      for (const [index, app] of apps.entries()) {
        // A load balancer that drains would send nothing here any more. This one learns of it from what fails.
        lives.push(await app.stop());
        apps[index] = await startApp({ ...settings, port: app.port });
      }
      isDeployed = true;
    })();
    await Promise.all([deploying, deliverUntil(() => isDeployed)]);
    await untilHandled(target);
    for (const app of apps) lives.push(await app.stop());
    const effects = lives.flatMap((life) => life.effects);
    const happened = new Set(effects);
    return {
      engine,
      processes,
      perSecond: events / seconds,
      p99Ms,
      cpuPerEvent: (cpuMs * 1_000) / events,
      fairness: [Math.min(...shares), Math.max(...shares)],
      twins,
      repeated: effects.length - happened.size,
      lost: [...acknowledged].filter((id) => !happened.has(id)).length,
      deploy: { retried, deliveries },
    };
  } finally {
    agent.destroy();
    await Promise.all(apps.map((app) => app.kill()));
    await remove();
  }
}

async function measureAll(apps: readonly App[]) {
  const samples = await Promise.all(apps.map((app) => app.measure()));
  return samples.map((sample) => {
    if (!sample) throw new Error('A process ended by itself.');
    return sample;
  });
}

async function untilHandled(target: Target): Promise<void> {
  const inbox = openInbox(target);
  const endMs = performance.now() + PATIENCE_MS;
  try {
    for (;;) {
      const { pending, leased } = await inbox.counts();
      if (pending + leased === 0) return;
      if (performance.now() > endMs) throw new Error(`${pending + leased} events were not handled in time.`);
      await delay(10);
    }
  } finally {
    await inbox.close({ timeoutMs: 1_000 });
  }
}
