import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Target } from '@showpad-webhooks/inbox-tests';

/** Since the process was started. */
export interface Usage {
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** How many events its handler has handled. */
  readonly handled: number;
}

export interface App {
  readonly port: number;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

/** @param target without one, the app has no store. */
export async function startApp(target?: Target): Promise<App> {
  const file = fileURLToPath(new URL('app.ts', import.meta.url));
  const child = fork(file, [JSON.stringify(target ?? null)], {
    execArgv: [
      '--disable-warning=ShowpadWebhooksWarning',
      '--conditions=@showpad-webhooks/source',
      '--import',
      'tsx',
    ],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const exited = once(child, 'exit');
  const failed = exited.then(([code]) => {
    throw new Error(`The app ended with ${code}.`);
  });
  failed.catch(() => {}); // Nobody waits for it when the app is stopped.
  const answer = async () => (await Promise.race([once(child, 'message'), failed]))[0];
  const port: number = await answer();
  return {
    port,
    usage() {
      child.send('usage');
      return answer();
    },
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}
