import { fileURLToPath } from 'node:url';
import { type CreateServer, send } from '@showpad-webhooks/conformance';
import type { Runtime } from './binaries.ts';
import { startControlServer } from './bridge/control-server.ts';
import { CONTROL_PATH } from './bridge/messages.ts';
import { createRemoteApp } from './bridge/remote-app.ts';
import { bundle } from './bundle.ts';
import { startRuntime } from './start-runtime.ts';

/** The suites never use more servers at once. */
const SERVERS = 4;

export interface RuntimeOptions {
  /** True if the app is one of Hono. */
  readonly isHono?: boolean;
}

export interface RuntimeServers {
  readonly createServer: CreateServer;
  close(): Promise<void>;
}

/** Runs apps in a runtime. Their receivers are there too, and only the callbacks of the test are here. */
export async function startServers(
  runtime: Runtime,
  { isHono = false }: RuntimeOptions = {},
): Promise<RuntimeServers> {
  const program = new URL(`program/${runtime === 'workerd' ? 'worker' : 'main'}.ts`, import.meta.url);
  const [code, control] = await Promise.all([bundle(fileURLToPath(program)), startControlServer()]);
  const started = await startRuntime(runtime, {
    code,
    servers: SERVERS,
    env: { SERVERS: String(SERVERS), IS_HONO: String(isHono) },
  });
  const free = [...started.urls];

  const createServer: CreateServer = async (setup) => {
    const url = free.pop();
    if (url === undefined) throw new Error(`The test needs more than ${SERVERS} servers at once.`);
    const tell = async (what: string, body = '') => {
      const { status } = await send(url + CONTROL_PATH + what, { body: Buffer.from(body) });
      if (status !== 200) throw new Error(`${runtime} could not ${what} its app: ${started.output()}`);
    };
    const { receiver, answers } = createRemoteApp(setup, () => tell('close'));
    const app = control.add(answers);
    const close = async () => {
      app.remove();
      free.push(url);
    };
    await tell('open', app.url).catch(async (error) => {
      await close();
      throw error;
    });
    return { url, receiver, close };
  };

  return {
    createServer,
    async close() {
      await started.close();
      await control.close();
    },
  };
}
