import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Calls } from './messages.ts';
import type { Answers } from './remote-app.ts';
import { describeThrown } from './thrown.ts';

export interface ControlServer {
  /** Answers the calls of one app, at the URL that it returns, until `remove` is called. */
  add(answers: Answers): { readonly url: string; readonly remove: () => void };
  close(): Promise<void>;
}

interface Timer {
  readonly timeout: NodeJS.Timeout;
  readonly response: ServerResponse;
}

interface Served {
  readonly answers: Answers;
  readonly timers: Map<number, Timer>;
}

/** Serves what apps in a runtime ask the test. */
export async function startControlServer(): Promise<ControlServer> {
  const apps = new Map<string, Served>();
  let lastApp = 0;
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 0; // Otherwise it may close a connection at the moment when the runtime uses it again.
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, id = '', name = ''] = request.url?.split('/') ?? [];
    const app = apps.get(id);
    const input = await json(request);
    if (!app) return void response.writeHead(410).end();
    if (name === 'timer') return setTimer(app, input as { timer: number; ms: number }, response);
    if (name === 'clearTimer') clearTimer(app, input as number);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(await replyOf(app.answers[name as keyof Calls], input)));
  }

  return {
    add(answers) {
      const id = String(++lastApp);
      const app = { answers, timers: new Map() };
      apps.set(id, app);
      const remove = () => {
        apps.delete(id);
        for (const timer of app.timers.keys()) clearTimer(app, timer);
      };
      return { url: `http://127.0.0.1:${port}/${id}`, remove };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function replyOf(call: (input: never) => unknown, input: unknown): Promise<object> {
  try {
    return { value: await call(input as never) };
  } catch (thrown) {
    return { thrown: describeThrown(thrown) };
  }
}

/** Sets a timer of the test, which may be a fake one. The answer ends when it fires. */
function setTimer(
  { timers }: Served,
  { timer, ms }: { timer: number; ms: number },
  response: ServerResponse,
): void {
  response.writeHead(200).flushHeaders();
  const timeout = setTimeout(() => {
    timers.delete(timer);
    response.end('over');
  }, ms);
  timers.set(timer, { timeout, response });
}

function clearTimer({ timers }: Served, timer: number): void {
  const set = timers.get(timer);
  timers.delete(timer);
  clearTimeout(set?.timeout);
  set?.response.end();
}
