import { join } from 'node:path';
import { defineAdapterSuite } from '@showpad-webhooks/conformance';
import { defineHostileSuite } from '@showpad-webhooks/hostile';
import { test, vi } from 'vitest';
import { buildApp } from './built-app.ts';
import { expectHealthy } from './doctor.ts';
import { serversOn } from './suite-servers.ts';

const folder = await buildApp({
  example: 'astro',
  route: ['src/pages/webhooks/showpad.ts', 'src/pages/webhooks/_example.ts'],
  files: {
    'src/pages/webhooks/showpad.ts': `
      import { POST } from './_example.ts';
      export const ALL = (context) => globalThis.receiveInSuite?.(context.request) ?? POST(context);`,
    'src/pages/hello.ts': `export const GET = () => new Response('hello');`,
    'src/pages/echo.ts': `export const POST = async ({ request }) => Response.json(await request.json());`,
    'src/middleware.ts': `
      export const onRequest = async ({ request }, next) => {
        const isFirst = request.url.includes('/webhooks') && request.headers.get('host').startsWith('localhost');
        if (isFirst) await request.text();
        return next();
      };`,
    'astro.config.mjs': `
      import node from '@astrojs/node';
      import { defineConfig } from 'astro/config';
      export default defineConfig({
        output: 'server',
        adapter: node({ mode: 'standalone' }),
        security: { checkOrigin: false }, // Showpad's Content-Type is not known. Forms would be refused.
      });`,
  },
});

test('the example passes the doctor', async () => {
  await expectHealthy(folder);
});

vi.stubEnv('ASTRO_NODE_AUTOSTART', 'disabled');
const { handler } = await import(/* @vite-ignore */ join(folder, 'dist/server/entry.mjs'));
const createAstroServer = serversOn(handler);

defineAdapterSuite('fetch, in Astro', createAstroServer, {
  behindParser: { kept: [] },
  isFetch: true,
  otherSpellings: ['/webhooks/%73howpad', '//webhooks/showpad'],
});

defineHostileSuite('fetch, in Astro', createAstroServer, {
  isFetch: true,
  differences: {
    'http: the path /%77ebhooks/showpad': '200',
    'http: the path //webhooks/showpad': '200',
    'http: the method TRACE': '500',
  },
});
