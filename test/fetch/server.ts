import { getRequestListener } from '@hono/node-server';
import { type CreateServer, listenHttp } from '@showpad-webhooks/conformance';
import { createFetchHandler, createReceiver } from '@showpad-webhooks/fetch';
import { createHonoApp } from './app.ts';

/** A Hono app on Node. */
export const createHonoServer: CreateServer = async ({ options, path, parser }) => {
  const receiver = createReceiver(options);
  const app = createHonoApp({ receive: createFetchHandler(receiver), path, parser });
  return { ...(await listenHttp(getRequestListener(app.fetch))), receiver };
};
