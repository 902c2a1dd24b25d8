import { createRequire } from 'node:module';
import { join } from 'node:path';
import { defineAdapterSuite, send } from '@showpad-webhooks/conformance';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { defineHostileSuite } from '@showpad-webhooks/hostile';
import { expect, onTestFinished, test } from 'vitest';
import { buildApp } from './built-app.ts';
import { expectHealthy, KEY } from './doctor.ts';
import { serversOn } from './suite-servers.ts';

const folder = await buildApp({
  example: 'nextjs',
  route: ['app/webhooks/showpad/route.ts', 'app/webhooks/showpad/example.ts'],
  files: {
    'app/webhooks/showpad/route.js': `
      import { POST as example } from './example';
      const answer = (request) => globalThis.receiveInSuite?.(request) ?? example(request);
      export { answer as DELETE, answer as GET, answer as HEAD, answer as PATCH, answer as POST, answer as PUT };`,
    'app/hello/route.js': `export const GET = () => new Response('hello');`,
    'app/echo/route.js': `export const POST = async (request) => Response.json(await request.json());`,
    'proxy.js': `
      export async function proxy(request) { await request.text(); }
      export const config = { matcher: [{ source: '/webhooks/:path*', has: [{ type: 'host', value: 'localhost' }] }] };`,
    'next.config.mjs': `export default { skipTrailingSlashRedirect: true };`,
  },
});

test('the example passes the doctor', async () => {
  await expectHealthy(folder);
});

const server = createRequire(join(folder, 'package.json'))('next')({ dir: folder });
await server.prepare();
const createNextServer = serversOn(server.getRequestHandler());

test.each([
  ['none', 200],
  ['before', 401],
] as const)('a body of 11 MB, which a proxy of the app cuts: parser %s', async (parser, status) => {
  const options = { keys: KEY, maxBodyBytes: 20_000_000 };
  const { url, close } = await createNextServer({ options, path: '/webhooks/showpad', parser });
  onTestFinished(close);
  const { headers, body } = signedDelivery('large', { key: KEY, data: { filler: 'x'.repeat(11_000_000) } });
  expect((await send(`${url}/webhooks/showpad`, { headers, body })).status).toBe(status);
});

defineAdapterSuite('fetch, in Next.js', createNextServer, {
  behindParser: { kept: 'all' },
  isFetch: true,
  otherSpellings: ['//webhooks/showpad'],
});

defineHostileSuite('fetch, in Next.js', createNextServer, {
  isFetch: true,
  differences: {
    'http: the method OPTIONS': '204',
    'http: the method TRACE': '500',
    'http: the method QUERY': '400',
    'http: the path /webhooks//showpad': '308',
    'http: the path //webhooks/showpad': '308',
    'http: an absolute URI': '308',
    'http: an absolute URI of another path': '308',
  },
});
