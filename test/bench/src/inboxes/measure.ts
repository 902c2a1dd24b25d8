import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../measure.ts';
import type { Candidate } from './candidate.ts';
import { readUsage, type Usage } from './usage.ts';

/** What a candidate did in its turn. */
export interface Turn extends Usage {
  readonly events: number;
  readonly perSecond: number;
}

export interface PutTurn extends Turn {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export type Handling = (concurrency: number, puts: HandlingPuts, serverPid?: number) => Promise<Turn>;

interface HandlingPuts {
  /** How many events are put, unless the time is over before. */
  readonly most: number;
  readonly lengthMs: number;
}

const PATIENCE_MS = 60_000;

/** Puts new events for some time. Each of those that put waits for its answer, and then puts again. */
export async function measurePuts(
  { put }: Candidate,
  concurrency: number,
  lengthMs: number,
  serverPid?: number,
): Promise<PutTurn> {
  const latencies: number[] = [];
  const { seconds, ...usage } = await measureTurn(serverPid, async () => {
    const startedMs = performance.now();
    await atOnce(concurrency, async () => {
      do {
        const beganMs = performance.now();
        await put(randomUUID());
        latencies.push(performance.now() - beganMs);
        await nextTurn();
      } while (performance.now() - startedMs < lengthMs);
    });
  });
  return {
    ...usage,
    events: latencies.length,
    perSecond: latencies.length / seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

/**
 * Lets a candidate handle from now on. The function that it resolves to puts events for some time, and measures from the first put
 * until the last is handled.
 *
 * @throws Error if an event is handled twice, or not within a minute.
 */
export async function startHandling(candidate: Candidate): Promise<Handling> {
  const waiting = new Set<string>();
  let check = () => {};
  let reject: (error: Error) => void = () => {};
  await candidate.handle((id) => {
    if (!waiting.delete(id)) reject(new Error(`An event was handled twice, or was never put: "${id}".`));
    check();
  });
  return async (concurrency, { most, lengthMs }, serverPid) => {
    let events = 0;
    let isPutting = true;
    const allHandled = new Promise<void>((resolve, rejectAll) => {
      reject = rejectAll;
      check = () => {
        if (!isPutting && waiting.size === 0) resolve();
      };
    });
    allHandled.catch(() => {}); // If it fails while events are being put, that is noticed afterwards.
    const { seconds, ...usage } = await measureTurn(serverPid, async () => {
      const startedMs = performance.now();
      await atOnce(concurrency, async () => {
        while (events === 0 || (events < most && performance.now() - startedMs < lengthMs)) {
          const id = randomUUID();
          events++;
          waiting.add(id);
          await candidate.put(id);
          await nextTurn();
        }
      });
      isPutting = false;
      check();
      await withinPatience(allHandled, () => waiting.size);
    });
    return { ...usage, events, perSecond: events / seconds };
  };
}

async function measureTurn(
  serverPid: number | undefined,
  run: () => Promise<void>,
): Promise<Usage & { readonly seconds: number }> {
  const before = readUsage(serverPid);
  const startedMs = performance.now();
  await run();
  const seconds = (performance.now() - startedMs) / 1_000;
  const after = readUsage(serverPid);
  return {
    seconds,
    appMicros: after.appMicros - before.appMicros,
    serverMicros: after.serverMicros - before.serverMicros,
  };
}

function atOnce(concurrency: number, run: () => Promise<void>): Promise<unknown> {
  return Promise.all(Array.from({ length: concurrency }, run));
}

/** The next call comes in another turn of the event loop, as requests do. */
function nextTurn(): Promise<void> {
  return new Promise(setImmediate);
}

async function withinPatience(done: Promise<void>, countLeft: () => number): Promise<void> {
  const controller = new AbortController();
  const tooLate = delay(PATIENCE_MS, undefined, { signal: controller.signal }).then(() => {
    throw new Error(`After ${PATIENCE_MS / 1_000} s, ${countLeft()} events are not handled yet.`);
  });
  tooLate.catch(() => {}); // It is aborted if all events are handled.
  await Promise.race([done, tooLate]);
  controller.abort();
}
