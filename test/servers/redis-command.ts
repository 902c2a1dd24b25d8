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
