import { join } from 'node:path';
import { defineAdapterSuite, send } from '@showpad-webhooks/conformance';
import { sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { defineHostileSuite } from '@showpad-webhooks/hostile';
import { expect, test, vi } from 'vitest';
import { buildApp } from './built-app.ts';
import { expectHealthy, KEY } from './doctor.ts';
import { serversOn } from './suite-servers.ts';

const folder = await buildApp({
  example: 'sveltekit',
  route: ['src/routes/webhooks/showpad/+server.ts', 'src/routes/webhooks/showpad/example.ts'],
  files: {
    'src/routes/webhooks/showpad/+server.ts': `
      import { POST } from './example.ts';
      export const trailingSlash = 'ignore';
      export const fallback = (event) => globalThis.receiveInSuite?.(event.request) ?? POST(event);`,
    'src/routes/hello/+server.ts': `export const GET = () => new Response('hello');`,
    'src/routes/echo/+server.ts': `export const POST = async ({ request }) => Response.json(await request.json());`,
    'src/hooks.server.ts': `
      export const handle = async ({ event, resolve }) => {
        if (event.url.pathname.startsWith('/webhooks') && event.url.hostname === 'localhost') await event.request.text();
        return resolve(event);
      };`,
    // Showpad's Content-Type is not known. Forms would be refused.
    'svelte.config.js': `
      import adapter from '@sveltejs/adapter-node';
      export default { kit: { adapter: adapter(), csrf: { trustedOrigins: ['*'] } } };`,
  },
});

test('the example passes the doctor', async () => {
  await expectHealthy(folder);
});

test('in front of SvelteKit, the webhook takes bodies of every Content-Type and size', async () => {
  const url = await expectHealthy(folder, 'in-front');
  for (const contentType of ['text/plain', undefined]) {
    const sample = sampleEvent('shared-space-user-added');
    const data = { ...sample.data, filler: 'x'.repeat(600_000) };
    const { headers, body } = signedDelivery(sample.type, { key: KEY, data });
    const { 'content-type': _, ...others } = headers;
    const type = contentType && { 'content-type': contentType };
    expect((await send(url, { headers: { ...others, ...type }, body })).status).toBe(200);
  }
});

vi.stubEnv('BODY_SIZE_LIMIT', '50M');
const { handler } = await import(/* @vite-ignore */ join(folder, 'build/handler.js'));
const createSvelteKitServer = serversOn(handler);

defineAdapterSuite('fetch, in SvelteKit', createSvelteKitServer, {
  behindParser: { kept: ['an empty body'] },
  isFetch: true,
  leftOut: ['no Content-Type'],
  otherSpellings: ['/webhooks/%73howpad'],
});

defineHostileSuite('fetch, in SvelteKit', createSvelteKitServer, {
  isFetch: true,
  differences: {
    'http: the path /%77ebhooks/showpad': '200',
    'http: the method TRACE': '400',
    'http: an absolute URI': '400',
    'http: an absolute URI of another path': '400',
  },
});
