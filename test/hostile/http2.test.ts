import { type CreateServer, listenHttp2 } from '@showpad-webhooks/conformance';
import { createNodeHandler } from '@showpad-webhooks/core/node';
import { expect, test } from 'vitest';
import { HTTP_ATTACKS } from './src/catalogue/http.ts';
import { HTTP2_ATTACKS } from './src/catalogue/http2.ts';
import { LEFT_OUT_ON_HTTP2, ON_HTTP2 } from './src/catalogue/http2-differences.ts';
import { DELIVERIES } from './src/catalogue.ts';
import { defineHostileSuite } from './src/index.ts';

const createServer: CreateServer = async ({ options, path }) => {
  const handler = createNodeHandler({ ...options, path });
  return { ...(await listenHttp2(handler)), receiver: handler.receiver };
};

defineHostileSuite('node:http2', createServer, { protocol: 'HTTP/2' });

test('what is left out or different on HTTP/2 is in the catalogue, and has a reason', () => {
  const attacks = HTTP_ATTACKS.map(({ name }) => name);
  const names = [...attacks, ...DELIVERIES.map(({ name }) => name)];
  expect(Object.keys(LEFT_OUT_ON_HTTP2).filter((name) => !attacks.includes(name))).toEqual([]);
  expect(Object.keys(ON_HTTP2).filter((name) => !names.includes(name))).toEqual([]);
  expect(Object.values(LEFT_OUT_ON_HTTP2).filter((reason) => reason.length < 5)).toEqual([]);
  expect(new Set(HTTP2_ATTACKS.map(({ name }) => name)).size).toBe(HTTP2_ATTACKS.length);
});
