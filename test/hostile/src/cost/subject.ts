import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Candidate, PATH } from './candidates.ts';

export interface Question {
  /** True to collect garbage first, so that only what is in use is counted. */
  readonly collects?: boolean;
}

export interface Answer {
  /** CPU time of the process since its start, of all of its threads. */
  readonly cpuMs: number;
  readonly usedBytes: number;
  /** Bytes that have arrived on all connections since the start. */
  readonly readBytes: number;
  /** The longest time since the last question in which the event loop did nothing else. */
  readonly blockedMs: number;
}

/** A candidate that runs in a process of its own. */
export interface Subject {
  readonly name: Candidate;
  readonly url: string;
  ask(question?: Question): Promise<Answer>;
  end(): void;
}

export async function startSubject(name: Candidate, keyCount: number = 1): Promise<Subject> {
  const child = fork(fileURLToPath(new URL('child.ts', import.meta.url)), [name, String(keyCount)], {
    execArgv: [
      '--conditions=@showpad-webhooks/source',
      '--disable-warning=ShowpadWebhooksWarning',
      '--import',
      'tsx',
    ],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const [port] = await once(child, 'message');
  return {
    name,
    url: `http://127.0.0.1:${port}${PATH}`,
    async ask(question = {}) {
      child.send(question);
      const [answer] = await once(child, 'message');
      return answer as Answer;
    },
    end: () => void child.kill(),
  };
}
