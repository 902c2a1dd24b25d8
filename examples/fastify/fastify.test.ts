import { signedDelivery } from '@showpad-webhooks/fastify/testing';
import { expect, test } from 'vitest';
import { buildApp } from './app.ts';

const KEY = 'example-key';

test('the app handles a delivery, and still parses other routes', async () => {
  const joined: string[] = [];
  const app = buildApp({ keys: KEY, onJoined: (email) => joined.push(email) });
  const { method, headers, body } = signedDelivery('shared-space-user-added', { key: KEY });
  const answer = await app.inject({
    method: method as 'POST',
    url: '/webhooks/showpad',
    headers,
    payload: Buffer.from(body),
  });
  expect([answer.statusCode, answer.json()]).toEqual([200, { outcome: 'handled' }]);
  expect(joined).toEqual(['kent.cook@showpad.com']);

  const order = await app.inject({ method: 'POST', url: '/orders', payload: { id: 1 } });
  expect(order.json()).toEqual({ received: { id: 1 } });
  await app.close();
});
