import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './port.ts';

const PATIENCE_MS = 30_000;

/** Sends a command to a Redis, and resolves to its answer as text. Answers must be short, and without parts. */
export async function command(port: number, words: string): Promise<string> {
  const answer = (await ask(port, `${words}\r\n`)).toString();
  const [type] = answer;
  return type === '$' ? answer.slice(answer.indexOf('\n') + 1).trimEnd() : answer.slice(1).trimEnd();
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  while (!(await condition())) await delay(20, undefined, { signal });
}

/** Resolves when a replica has all data of its master, and is not busy with writing it to its file. */
export async function untilReplicating(port: number): Promise<void> {
  await until(async () => (await command(port, 'INFO replication')).includes('master_link_status:up'));
  await until(async () => {
    const info = await command(port, 'INFO persistence');
    return info.includes('aof_rewrite_in_progress:0') && info.includes('aof_rewrite_scheduled:0');
  });
}
