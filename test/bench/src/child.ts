import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Runs one task of alone.ts in a process of its own, and gives what it resolves to. */
export async function runAlone<Figures>(task: string, ...args: readonly unknown[]): Promise<Figures> {
  const file = fileURLToPath(new URL('alone.ts', import.meta.url));
  const child = fork(file, [task, JSON.stringify(args)], { execArgv: ['--expose-gc', '--import', 'tsx'] });
  const [figures] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${task} ended with ${code}`))),
  ]);
  return figures as Figures;
}
