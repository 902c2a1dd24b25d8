import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Variant } from './servers.ts';

interface Usage {
  readonly rssBytes: number;
  readonly peakBytes: number;
  readonly cpuMs: number;
}

export interface BenchChild {
  readonly port: number;
  /**
   * Resolves to totals since the server started, when every event is handled that was answered. The peak is only observed after
   * the first question about memory.
   */
  ask(about: 'memory' | 'cpu'): Promise<Usage>;
  stop(): void;
}

export async function startChild(framework: string, variant: Variant): Promise<BenchChild> {
  const file = fileURLToPath(new URL('server.ts', import.meta.url));
  const child = fork(file, [framework, variant], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`The ${framework} server "${variant}" ended with code ${code}.`);
  });
  failed.catch(() => {}); // Nobody waits for it when the server is stopped.
  const [{ port }] = await Promise.race([once(child, 'message'), failed]);
  return {
    port,
    async ask(about) {
      child.send(about);
      const [usage] = await Promise.race([once(child, 'message'), failed]);
      return usage;
    },
    stop: () => child.disconnect(),
  };
}
