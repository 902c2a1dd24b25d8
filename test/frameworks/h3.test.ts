import { type CreateServer, defineAdapterSuite, listenHttp } from '@showpad-webhooks/conformance';
import { createFetchHandler, createReceiver } from '@showpad-webhooks/fetch';
import { defineHostileSuite } from '@showpad-webhooks/hostile';
import * as h3v1 from 'h3-1';
import * as h3v2 from 'h3-2';
import { test } from 'vitest';
import { EXAMPLES } from './built-app.ts';
import { expectHealthy } from './doctor.ts';

test('the example passes the doctor', async () => {
  await expectHealthy(`${EXAMPLES}h3`);
});

/** The h3 of Nuxt 4 and Nitro 2. */
const createH3v1Server: CreateServer = async ({ options, path, parser }) => {
  const receiver = createReceiver(options);
  const handler = createFetchHandler(receiver);
  const app = h3v1.createApp();
  const router = h3v1.createRouter();
  if (parser === 'before') {
    app.use(
      h3v1.eventHandler(async (event) => {
        if (event.path.startsWith('/webhooks')) await h3v1.readRawBody(event);
      }),
    );
  }
  router.use(
    path,
    h3v1.eventHandler((event) => handler(h3v1.toWebRequest(event))),
  );
  router.get(
    '/hello',
    h3v1.eventHandler(() => 'hello'),
  );
  router.post(
    '/echo',
    h3v1.eventHandler((event) => h3v1.readBody(event)),
  );
  app.use(router);
  return { ...(await listenHttp(h3v1.toNodeListener(app))), receiver };
};

const createH3v2Server: CreateServer = async ({ options, path, parser }) => {
  const receiver = createReceiver(options);
  const handler = createFetchHandler(receiver);
  const app = new h3v2.H3();
  if (parser === 'before') {
    app.use(async ({ req }) => {
      if (req.url.includes('/webhooks')) await req.text();
    });
  }
  app.all(path, ({ req }) => handler(req));
  app.get('/hello', () => 'hello');
  app.post('/echo', ({ req }) => req.json());
  return { ...(await listenHttp(h3v2.toNodeHandler(app))), receiver };
};

const otherSpellings = ['/webhooks/%73howpad'];
defineAdapterSuite('fetch, in h3 1', createH3v1Server, {
  behindParser: { kept: 'all' }, // h3 1 keeps what it has read.
  isFetch: true,
  otherSpellings,
});
defineAdapterSuite('fetch, in h3 2', createH3v2Server, {
  behindParser: { kept: [] },
  isFetch: true,
  otherSpellings,
});

defineHostileSuite('fetch, in h3 2', createH3v2Server, {
  isFetch: true,
  differences: {
    'http: the path /%77ebhooks/showpad': '200',
  },
});
