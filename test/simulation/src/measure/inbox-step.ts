import type { Inbox } from '@showpad-webhooks/core';
import { type Engine, openInbox } from '@showpad-webhooks/inbox-tests';
import { waitedForCoreMs } from './cpu-time.ts';
import { forEach, newEntry } from './entry.ts';
import type { Pace } from './pace.ts';
import { createStore } from './store.ts';

/**
 * What an event costs in this process from the put until a handler that does nothing has handled it, without HTTP. Times are in µs per
 * event.
 */
export interface InboxStep {
  readonly engine: Engine;
  /** How many are stored at the same time. */
  readonly concurrency: number;
  /** The CPU time of the app. */
  readonly appMicros: number;
  /** The CPU time of the server of the store. */
  readonly serverMicros: number;
  /** All of the time, but for that in which other programs had the cores. On SQLite the event loop is busy for so long. */
  readonly wallMicros: number;
}

export interface StartedInbox {
  measure(concurrency: number, pace: Pace): Promise<InboxStep>;
  close(): Promise<void>;
}

export async function startInbox(engine: Engine): Promise<StartedInbox> {
  const store = await createStore(engine);
  const inbox = openInbox(store.target);
  const handled = await countHandled(inbox);
  return {
    async measure(concurrency, { events, bodyBytes }) {
      const entries = Array.from({ length: events }, () => newEntry(bodyBytes));
      const serverMs = store.serverCpuMs();
      const own = process.cpuUsage();
      const [startedMs, waitedMs] = [performance.now(), waitedForCoreMs()];
      const allHandled = handled.another(events);
      await forEach(entries, concurrency, (entry) => inbox.put(entry));
      await allHandled;
      const wallMs = performance.now() - startedMs - (waitedForCoreMs() - waitedMs);
      const { user, system } = process.cpuUsage(own);
      return {
        engine,
        concurrency,
        appMicros: (user + system) / events,
        serverMicros: ((store.serverCpuMs() - serverMs) * 1_000) / events,
        wallMicros: (wallMs * 1_000) / events,
      };
    },
    async close() {
      await inbox.close({ timeoutMs: 10_000 });
      await store.remove();
    },
  };
}

/** Starts an inbox whose handler does nothing. */
export async function countHandled(inbox: Inbox): Promise<{
  /** Resolves when another `count` events are handled. */
  another(count: number): Promise<void>;
}> {
  let left = 0;
  let resolve = () => {};
  const process = async () => {
    if (--left === 0) resolve();
    return undefined;
  };
  await inbox.start({ process, onDead() {}, onError: console.error });
  return {
    another(count) {
      left = count;
      return new Promise((resolveIt) => {
        resolve = resolveIt;
      });
    },
  };
}
