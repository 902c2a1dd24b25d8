import { setTimeout as delay } from 'node:timers/promises';
import { machineMs, STEPS_SECONDS } from '@showpad-webhooks/inbox-tests';
import { type App, type AppSettings, type Life, type Sample, startApp } from './app-process.ts';

/** A sample, and when it was taken by the clock of the machine. */
export interface Measured extends Sample {
  readonly atMs: number;
}

export interface LongLife extends Life {
  readonly samples: readonly Measured[];
}

export interface DisturbOptions {
  readonly settings: AppSettings;
  readonly durationMs: number;
  /** How long after one disturbance the next one comes. */
  readonly everyMs: number;
  readonly measureEveryMs: number;
}

/** In this part of the time no process is ended, so that one lives long enough to show whether it leaks. */
const CALM = { from: 0.35, to: 0.85 };
const STEPS_MS = STEPS_SECONDS.filter((seconds) => seconds !== 0).map((seconds) => seconds * 1_000);

/** An app that is deployed, killed and given a wrong clock in turn. */
export interface DisturbedApp {
  readonly port: number;
  readonly lives: readonly LongLife[];
  readonly steps: number;
  readonly latest: Sample | undefined;
  /** Disturbs until the time is over or the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export async function startDisturbedApp(options: DisturbOptions): Promise<DisturbedApp> {
  const { durationMs, everyMs, measureEveryMs } = options;
  const lives: LongLife[] = [];
  let samples: Measured[] = [];
  let steps = 0;
  let app: App = await startApp(options.settings);
  const settings = { ...options.settings, port: app.port };

  async function end(how: 'stop' | 'kill'): Promise<void> {
    const life = await app[how]();
    lives.push({ ...life, samples });
    samples = [];
  }

  async function restart(how: 'stop' | 'kill'): Promise<void> {
    await end(how);
    app = await startApp(settings);
  }

  async function step(signal: AbortSignal): Promise<void> {
    app.stepClock(STEPS_MS[steps++ % STEPS_MS.length] ?? 0);
    await pause(everyMs / 4, signal);
    app.stepClock(0);
  }

  async function disturb(signal: AbortSignal): Promise<void> {
    const startedMs = performance.now();
    const plan = [step, () => restart('kill'), step, () => restart('stop')];
    for (let turn = 0; !signal.aborted; turn++) {
      await pause(everyMs, signal);
      const part = (performance.now() - startedMs) / durationMs;
      const isCalm = part > CALM.from && part < CALM.to;
      if (!signal.aborted) await (isCalm ? step : plan[turn % plan.length])?.(signal);
    }
  }

  async function measureAgainAndAgain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(measureEveryMs, signal);
      const measured = app;
      const sample = await measured.measure();
      if (sample && measured === app) samples.push({ ...sample, atMs: machineMs() });
    }
  }

  return {
    port: app.port,
    lives,
    get steps() {
      return steps;
    },
    get latest() {
      return samples.at(-1);
    },
    async run(signal) {
      await Promise.all([disturb(signal), measureAgainAndAgain(signal)]);
    },
    stop: () => end('stop'),
    async kill() {
      await app.kill();
    },
  };
}

/** Waits, but no longer than until the signal is aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}
