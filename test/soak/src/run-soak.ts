import { setTimeout as delay } from 'node:timers/promises';
import { createTarget, type Engine, openInbox, type Target } from '@showpad-webhooks/inbox-tests';
import { startDisturbedApp } from './disturb.ts';
import type { Limits } from './figures.ts';
import { evaluate, type SoakReport } from './report.ts';
import { createSender } from './sender.ts';

export interface SoakOptions {
  readonly engine: Engine;
  readonly durationMs: number;
  readonly perSecond: number;
  /** How long after one deploy, kill or step of the clock the next one comes. */
  readonly disturbEveryMs: number;
  readonly measureEveryMs: number;
  readonly leaseMs: number;
  /** How much faster than Showpad the sender tries again. */
  readonly speed: number;
  readonly limits: Limits;
  /** Ends it early. Then it rejects, after everything that it started has ended. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

const PROGRESS_MS = 5_000;
const FINISHING_MS = 300_000;

/** Sends to a real app for a while, disturbs it, and looks for what went wrong. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { engine, durationMs, signal = new AbortController().signal, leaseMs } = options;
  const { target, remove } = await createTarget(engine);
  const app = await startDisturbedApp({
    settings: { target, port: 0, leaseMs, work: 'mixed' },
    durationMs,
    everyMs: options.disturbEveryMs,
    measureEveryMs: options.measureEveryMs,
  }).catch(async (error) => {
    await remove();
    throw error;
  });
  try {
    const sender = createSender({ ...options, port: () => app.port });
    const startedMs = performance.now();
    // Node 20 may collect an `AbortSignal.timeout()` that only `AbortSignal.any()` refers to, and then it never aborts.
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), durationMs);
    signal.addEventListener('abort', () => over.abort(), { once: true });
    const showing = setInterval(() => {
      const { deliveries, acknowledged } = sender.sent;
      const { rssBytes = Number.NaN, descriptors = '?' } = app.latest ?? {};
      const seconds = Math.round((performance.now() - startedMs) / 1_000);
      options.onProgress?.(
        `${engine.padEnd(8)} ${seconds} s: ${deliveries} deliveries, ${acknowledged.size} events acknowledged, ` +
          `${app.lives.length} restarts, ${app.steps} clock steps, RSS ${(rssBytes / 2 ** 20).toFixed(0)} MiB, ${descriptors} descriptors`,
      );
    }, PROGRESS_MS);
    await Promise.all([sender.run(over.signal), app.run(over.signal)]).finally(() => {
      clearTimeout(timer);
      clearInterval(showing);
    });
    signal.throwIfAborted();
    const counts = await untilHandled(target, signal);
    await app.stop();
    return evaluate(
      { engine, durationMs, sent: sender.sent, lives: app.lives, steps: app.steps, counts },
      options.limits,
    );
  } finally {
    await app.kill();
    await remove();
  }
}

/** Resolves to what is in the inbox when nothing waits any more, or when the patience is over. */
async function untilHandled(target: Target, signal: AbortSignal) {
  const inbox = openInbox(target);
  const endMs = performance.now() + FINISHING_MS;
  try {
    for (;;) {
      const counts = await inbox.counts();
      if (counts.pending + counts.leased === 0 || performance.now() > endMs) return counts;
      await delay(100, undefined, { signal });
    }
  } finally {
    await inbox.close({ timeoutMs: 1_000 });
  }
}
