import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Runs one task of alone.ts in a new process, so that its heap holds nothing else. Resolves to the task's result. */
export async function runAlone<Output>(task: string, ...args: readonly unknown[]): Promise<Output> {
  const file = fileURLToPath(new URL('alone.ts', import.meta.url));
  const child = fork(file, [task, JSON.stringify(args)], { execArgv: ['--expose-gc', '--import', 'tsx'] });
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`The task "${task}" ended with code ${code} and sent no result.`);
  });
  const [output] = await Promise.race([once(child, 'message'), exited]);
  return output as Output;
}
