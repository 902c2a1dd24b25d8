import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

export interface AppCommand {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** If it aborts, the app has at most a second to stop, because whoever presses Ctrl-C does not want to wait. */
  readonly signal: AbortSignal;
  /** Called with each line that the app prints. */
  readonly onLine: (line: string) => void;
}

export interface StopOptions {
  readonly signal: NodeJS.Signals;
  /** How long the app has to end before it is killed. */
  readonly graceMs: number;
}

/** How an app ended. */
export interface AppEnd {
  /** Undefined if a signal ended it, or if it could not be started. */
  readonly exitCode: number | undefined;
  readonly endSignal: NodeJS.Signals | undefined;
  /** Why it could not be started. */
  readonly problem: string | undefined;
}

export interface StoppedApp extends AppEnd {
  readonly durationMs: number;
  /** True if it did not end by itself. */
  readonly wasKilled: boolean;
}

export interface AppProcess {
  /** How it ended. Undefined while it runs. */
  ended(): AppEnd | undefined;
  /** Stops it, and everything that it has started. Resolves when all of it has ended. */
  stop(options: StopOptions): Promise<StoppedApp>;
}

const POLL_MS = 10;
const HURRY_MS = 1_000;
/** A process that was killed ends at once, unless the system is in trouble. */
const KILLED_MS = 2_000;

/** Starts an app in a process group of its own, so that only it and its children are ever signalled. */
export function startApp({ command, env, signal: abortSignal, onLine }: AppCommand): AppProcess {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', onLine);
  let end: AppEnd | undefined;
  const ending = new Promise<AppEnd>((resolve) => {
    child.once('error', ({ message: problem }) =>
      resolve({ exitCode: undefined, endSignal: undefined, problem }),
    );
    child.once('exit', (code, signal) =>
      resolve({ exitCode: code ?? undefined, endSignal: signal ?? undefined, problem: undefined }),
    );
  });
  void ending.then((ended) => {
    end = ended;
  });
  let isGone = child.pid === undefined;
  /** Signals the group. Once nothing is left of it, its number may belong to others, so it is never signalled again. */
  const signalGroup = (signal: NodeJS.Signals | 0): void => {
    try {
      if (!isGone) process.kill(-(child.pid as number), signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      isGone = true;
    }
  };
  const isGoneWithin = async (ms: number): Promise<boolean> => {
    const startedAtMs = performance.now();
    const waitMs = () => (abortSignal.aborted ? Math.min(ms, HURRY_MS) : ms);
    for (signalGroup(0); !isGone && performance.now() < startedAtMs + waitMs(); signalGroup(0)) {
      await pause(POLL_MS);
    }
    return isGone;
  };
  return {
    ended: () => end,
    async stop({ signal, graceMs }) {
      const startedAtMs = performance.now();
      signalGroup(signal);
      const wasKilled = !(await isGoneWithin(graceMs));
      if (wasKilled) signalGroup('SIGKILL');
      await isGoneWithin(KILLED_MS);
      return { ...(await ending), durationMs: Math.round(performance.now() - startedAtMs), wasKilled };
    },
  };
}
