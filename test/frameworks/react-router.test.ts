import { createRequire } from 'node:module';
import { join } from 'node:path';
import { defineAdapterSuite } from '@showpad-webhooks/conformance';
import { defineHostileSuite } from '@showpad-webhooks/hostile';
import { test } from 'vitest';
import { buildApp } from './built-app.ts';
import { expectHealthy } from './doctor.ts';
import { serversOn } from './suite-servers.ts';

const folder = await buildApp({
  example: 'react-router',
  route: ['app/showpad.ts', 'app/example.ts'],
  files: {
    'app/showpad.ts': `
      import { action as example } from './example.ts';
      const answer = (args) => globalThis.receiveInSuite?.(args.request) ?? example(args);
      export { answer as action, answer as loader };
      export const middleware = [
        async ({ request }, next) => {
          if (request.headers.get('host').startsWith('localhost')) await request.clone().text(); // It cannot read the request itself: React Router would answer 500.
          return next();
        },
      ];`,
    'react-router.config.ts': `export default { future: { v8_middleware: true } };`,
    'app/hello.ts': `export const loader = () => new Response('hello');`,
    'app/echo.ts': `export const action = async ({ request }) => Response.json(await request.json());`,
    'app/routes.ts': `
      import { route } from '@react-router/dev/routes';
      export default [
        route('webhooks/showpad', 'showpad.ts'),
        route('hello', 'hello.ts'),
        route('echo', 'echo.ts'),
      ];`,
  },
});

test('the example passes the doctor', async () => {
  await expectHealthy(folder);
});

const { createRequestListener } = createRequire(join(folder, 'package.json'))('@react-router/node');
const build = await import(/* @vite-ignore */ join(folder, 'build/server/index.js'));
const createReactRouterServer = serversOn(createRequestListener({ build }));

defineAdapterSuite('fetch, in React Router', createReactRouterServer, {
  behindParser: { kept: 'all' },
  isFetch: true,
  otherSpellings: ['/webhooks/%73howpad', '/WEBHOOKS/SHOWPAD'],
});

defineHostileSuite('fetch, in React Router', createReactRouterServer, {
  isFetch: true,
  untaken: { 'http: the method TRACE': 'No Request can have it, and then React Router answers nothing.' },
  differences: {
    'http: the path /%77ebhooks/showpad': '200',
    'http: the path /WEBHOOKS/SHOWPAD': '200',
  },
});
