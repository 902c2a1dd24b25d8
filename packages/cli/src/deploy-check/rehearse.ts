import { setTimeout as pause } from 'node:timers/promises';
import type { Attempt } from '@showpad-webhooks/emulator';
import { type StopOptions, type StoppedApp, startApp } from './app-process.ts';
import { type Summary, summarise } from './summary.ts';
import { openTraffic, type TrafficOptions } from './traffic.ts';
import { checkFree, waitUntilReady } from './wait-until-ready.ts';

export interface RehearsalOptions extends TrafficOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stop: StopOptions;
  /** How long the app may take until it accepts events. */
  readonly readyMs: number;
  /** How long the whole rehearsal may take, without the last stop. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
  /** Says what is being done. */
  readonly onStep: (text: string) => void;
}

export interface Rehearsal extends Summary {
  readonly stopped: StoppedApp;
  /** Whether the app accepted events again. */
  readonly isBack: boolean;
  readonly attempts: readonly Attempt[];
}

/** So many events have to succeed before the app is stopped, and after it is back. */
const ENOUGH = 5;
const POLL_MS = 20;

/** Restarts an app while it gets events, and stops it at the end. */
export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  const { stop, readyMs, limitMs, signal, onStep } = options;
  await checkFree(options);
  const until = createWait(limitMs, signal);
  let app = startApp(options);
  try {
    await waitUntilReady(app, options, readyMs);
    const traffic = await openTraffic(options);
    try {
      traffic.begin();
      await until(() => successesIn(traffic.attempts) >= ENOUGH, readyMs);
      onStep(`Restarting the app while it gets ${options.perSecond} events per second.`);
      const stopped = await app.stop(stop);
      onStep(`It stopped after ${stopped.durationMs} ms.`);
      signal.throwIfAborted();
      const before = successesIn(traffic.attempts);
      app = startApp(options);
      const isBack = () => successesIn(traffic.attempts) >= before + ENOUGH;
      await until(() => isBack() || app.ended() !== undefined, readyMs);
      traffic.end();
      onStep('Waiting for the last retries.');
      await until(() => traffic.open() === 0, limitMs);
      const { attempts } = traffic;
      return { ...summarise(attempts, traffic.open()), stopped, isBack: isBack(), attempts };
    } finally {
      await traffic.close();
    }
  } finally {
    await app.stop(stop);
  }
}

/**
 * Makes a function that waits until a condition is met. It resolves to false if its own time, or that of the whole rehearsal,
 * is over first.
 */
function createWait(
  limitMs: number,
  signal: AbortSignal,
): (isMet: () => boolean, waitMs: number) => Promise<boolean> {
  const limitAtMs = performance.now() + limitMs;
  return async (isMet, waitMs) => {
    const endsAtMs = Math.min(limitAtMs, performance.now() + waitMs);
    while (!isMet()) {
      if (performance.now() >= endsAtMs) return false;
      await pause(POLL_MS, undefined, { signal });
    }
    return true;
  };
}

function successesIn(attempts: readonly Attempt[]): number {
  return attempts.filter(({ state }) => state === 'succeeded').length;
}
