import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createRunReader, machineMs, type Run, type Target } from '@showpad-webhooks/inbox-tests';

export interface AppSettings {
  readonly target: Target;
  /** 0 lets the app choose one. */
  readonly port: number;
  readonly leaseMs: number;
  /** Whether handlers take a while and fail at times, or do nothing. */
  readonly work: 'mixed' | 'none';
}

/** What the app is told: by how much its clock is wrong from now on, or else to measure itself. */
export interface Order {
  readonly stepMs?: number;
}

export interface Sample {
  /** Both after a garbage collection. */
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly descriptors: number;
  /** Used since the process started. */
  readonly cpuMs: number;
  readonly handled: number;
}

/** What is known of a process after it has ended. */
export interface Life {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly end: 'stopped' | 'killed' | 'crashed';
  /** True if it did not end in time after a SIGTERM, so it was killed. */
  readonly hung: boolean;
  readonly runs: readonly Run[];
  /** The id of an event for each time that its handler had its effect. */
  readonly effects: readonly string[];
  /** How often each error was reported. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface App {
  readonly port: number;
  readonly startedMs: number;
  stepClock(stepMs: number): void;
  /** Resolves to undefined if the process ends before it answers. */
  measure(): Promise<Sample | undefined>;
  /** Ends it as a deploy does, and waits until it has ended. */
  stop(): Promise<Life>;
  kill(): Promise<Life>;
}

const STOPPING_MS = 30_000;

/** Starts the app in a process of its own. Resolves when it listens. */
export async function startApp(settings: AppSettings): Promise<App> {
  const reader = createRunReader();
  const effects: string[] = [];
  const errors: Record<string, number> = {};
  const script = fileURLToPath(new URL('app.ts', import.meta.url));
  // Forgeries and wrong clocks make it warn all the time.
  const flags = [
    '--expose-gc',
    '--disable-warning=ShowpadWebhooksWarning',
    '--conditions=@showpad-webhooks/source',
    '--import',
    'tsx',
    script,
  ];
  const child = spawn(process.execPath, [...flags, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    cwd: fileURLToPath(new URL('..', import.meta.url)), // tsx is found from here.
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const exited = once(child, 'exit').then(() => {
    process.off('exit', end);
    return machineMs();
  });

  const lines = createInterface({ input: child.stdout as Readable });
  const read = once(lines, 'close');
  const listens = new Promise<number>((resolve, reject) => {
    lines.on('line', (line) => {
      const [what, value = ''] = line.split(' ', 2);
      if (what === 'listens') resolve(Number(value));
      else if (what === 'effect') effects.push(value);
      else if (what === 'error') errors[value] = (errors[value] ?? 0) + 1;
      else reader.take(line);
    });
    exited.then(() => reject(new Error('The app ended before it listened. See its error above.')));
  });
  const port = await listens;
  const startedMs = machineMs();

  async function endWith(signal: 'SIGTERM' | 'SIGKILL'): Promise<Life> {
    const hasCrashed = child.exitCode !== null || child.signalCode !== null;
    let hung = false;
    child.kill(signal);
    const isOver = await Promise.race([exited, delay(STOPPING_MS, undefined, { ref: false })]);
    if (isOver === undefined) {
      hung = true;
      child.kill('SIGKILL');
    }
    const endedMs = await exited;
    await read;
    const ended = signal === 'SIGTERM' && child.exitCode === 0 ? 'stopped' : 'killed';
    const runs = reader.end(endedMs);
    return { startedMs, endedMs, end: hasCrashed ? 'crashed' : ended, hung, runs, effects, errors };
  }

  return {
    port,
    startedMs,
    stepClock: (stepMs) => void child.send({ stepMs } satisfies Order, () => {}),
    async measure() {
      if (!child.connected) return undefined;
      const answer = new Promise<Sample>((resolve) => child.once('message', resolve as () => void));
      child.send({} satisfies Order, () => {});
      return Promise.race([answer, exited.then(() => undefined)]);
    },
    stop: () => endWith('SIGTERM'),
    kill: () => endWith('SIGKILL'),
  };
}
