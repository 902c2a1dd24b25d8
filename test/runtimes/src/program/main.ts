// The program that runs in Bun and in Deno: a number of SERVERS on free ports.
import { createApps } from './app.ts';
import { lendTimersOfTest } from './timers.ts';

interface Served {
  readonly port?: number;
  readonly addr?: { readonly port: number };
}

type Serve = ReturnType<typeof createApps>;
const { Bun, Deno } = globalThis as {
  readonly Bun?: { serve(options: object): Served };
  readonly Deno?: { serve(options: object, fetch: Serve): Served };
};
const hostname = '127.0.0.1';

lendTimersOfTest();
for (let count = 0; count < Number(process.env.SERVERS); count++) {
  const fetch = createApps({ isHono: process.env.IS_HONO === 'true' });
  const server = Bun
    ? Bun.serve({ hostname, port: 0, fetch })
    : Deno?.serve({ hostname, port: 0, onListen() {} }, fetch);
  console.log(JSON.stringify({ event: 'listen', port: server?.port ?? server?.addr?.port }));
}
