import { createFetchHandler } from '@showpad-webhooks/fetch';
import { createHonoApp } from '../../../fetch/app.ts';
import { CONTROL_PATH } from '../bridge/messages.ts';
import { createRemoteReceiver, type Platform, type RemoteReceiver } from './receiver.ts';
import { delivery, Outgoing, Wire } from './wire.ts';

type Serve = (request: Request) => Response | Promise<Response>;
interface App extends RemoteReceiver {
  readonly serve: Serve;
}

/** An app that the test opens, uses and closes, and then another one. */
export function createApps({ isHono, ...platform }: Platform & { readonly isHono: boolean }): Serve {
  let wire = new Wire('');
  let app: App | undefined;

  /** The app is made with the first request, when the test has added its handlers. */
  async function current(): Promise<App> {
    if (app) return app;
    const setup = await wire.call('setup', null);
    if (app) return app; // Another request was faster.
    const remote = createRemoteReceiver(setup, wire, platform);
    const handler = createFetchHandler(remote.receiver);
    const isWatched = setup.remote.includes('telemetry');
    const receive = (request: Request) => deliver(request, remote, handler, new Outgoing(wire, isWatched));
    const { path, parser } = setup;
    const serve: Serve = isHono
      ? createHonoApp({ receive, path, parser }).fetch
      : plainApp(receive, path, parser);
    app = { ...remote, serve };
    return app;
  }

  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === `${CONTROL_PATH}open`) {
      wire = new Wire(await request.text());
      app = undefined;
      return new Response();
    }
    if (pathname === `${CONTROL_PATH}close`) {
      await (await current()).receiver.close();
      return new Response();
    }
    return (await current()).serve(request);
  };
}

/** The answer goes out when the test knows everything that happened before it. */
function deliver(
  request: Request,
  { setTime }: RemoteReceiver,
  handler: (request: Request) => Promise<Response>,
  outgoing: Outgoing,
): Promise<Response> {
  return delivery.run(outgoing, async () => {
    const { nowMs } = await outgoing.wire.call('begin', null);
    if (nowMs !== undefined) setTime(nowMs);
    const answer = await handler(request);
    await outgoing.isSent;
    return answer;
  });
}

function plainApp(receive: (request: Request) => Promise<Response>, path: string, parser: string): Serve {
  return async (request) => {
    const { pathname } = new URL(request.url);
    const read = parser === 'before' && (await request.text().catch(() => ''));
    if (pathname === path || pathname === `${path}/`) return receive(request);
    if (pathname === '/hello') return new Response('hello');
    if (pathname === '/echo') return Response.json(JSON.parse(read || (await request.text())));
    return new Response('Not found', { status: 404 });
  };
}
