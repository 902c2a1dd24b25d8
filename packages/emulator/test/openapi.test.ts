import { createEmulator, type Emulator } from '@showpad-webhooks/emulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, METHODS, OPENAPI, seen } from './api-client.ts';

const SUBSCRIPTIONS = '/webhooks/v1/subscriptions';
const TOKEN = '/api/v3/oauth2/token';
const AUTHORIZE = '/api/v3/oauth2/authorize';
const UNKNOWN_ID = '01GVZ8663CJAREF2SJE5XQRX7W';
const input = { name: 'CRM', types: ['shared-space-created'], endpoint: 'http://127.0.0.1:1/' };
const client = { client_id: 'client', client_secret: 'secret' };
const login = { ...client, grant_type: 'password', username: 'admin', password: 'admin' };
const authorization = { response_type: 'code', client_id: 'client', redirect_uri: 'http://127.0.0.1:1/back' };

let emulator: Emulator;
beforeAll(async () => {
  emulator = await createEmulator();
});
afterAll(() => emulator.close());

const statusOf = async (...[method, path, request]: [string, string, Parameters<typeof call>[3]?]) =>
  (await call(emulator, method, path, request)).status;
const create = async (): Promise<string> =>
  `${SUBSCRIPTIONS}/${(await call(emulator, 'POST', SUBSCRIPTIONS, { json: input })).body.id}`;

/** `call` compares each request and response with the document. */
const EXCHANGES: Readonly<Record<string, () => Promise<void>>> = {
  'to a create': async () => {
    const full = { ...input, method: 'GET', headers: [{ name: 'x-tenant', value: '1' }] };
    expect(await statusOf('POST', SUBSCRIPTIONS, { json: full })).toBe(201);
    await refusals(SUBSCRIPTIONS);
  },

  'to a list, a read, an update and a delete': async () => {
    const path = await create();
    await create();
    expect(await statusOf('GET', SUBSCRIPTIONS)).toBe(200);
    expect(await statusOf('GET', `${SUBSCRIPTIONS}?limit=1`)).toBe(200);
    expect(await statusOf('GET', `${SUBSCRIPTIONS}?limit=0`)).toBe(422);
    expect(await statusOf('GET', SUBSCRIPTIONS, { token: null })).toBe(401);
    expect(await statusOf('GET', path)).toBe(200);
    expect(await statusOf('POST', path, { json: { name: 'ERP' } })).toBe(200);
    await refusals(path);
    expect(await statusOf('DELETE', path)).toBe(204);
    for (const method of ['GET', 'POST', 'DELETE']) {
      const request = method === 'POST' ? { json: {} } : {};
      expect(await statusOf(method, path, request)).toBe(404);
      expect(await statusOf(method, path, { ...request, token: 'another' })).toBe(401);
    }
  },

  'with the logs': async () => {
    const path = await create();
    await emulator.trigger('shared-space-created');
    await emulator.waitForDelivery({ subscriptionId: path.split('/').at(-1) ?? '' });
    const { status, body } = await call(emulator, 'GET', `${path}/logs`);
    expect([status, body.items.length]).toEqual([200, 1]);
    await emulator.assumptions.set({ logHeaders: 'response' });
    const { items } = (await call(emulator, 'GET', `${path}/logs`)).body;
    expect(items).toEqual([{ ...body.items[0], responseHeaders: null }]);
    expect(await statusOf('GET', `${path}/logs?limit=1.5`)).toBe(422);
    expect(await statusOf('GET', `${path}/logs`, { token: null })).toBe(401);
    expect(await statusOf('GET', `${SUBSCRIPTIONS}/${UNKNOWN_ID}/logs`)).toBe(404);
  },

  'to a client that wants a token': async () => {
    expect(await statusOf('POST', TOKEN, { token: null, form: { ...login, scope: 'any' } })).toBe(200);
    expect(await statusOf('POST', TOKEN, { token: null, form: { ...login, password: '' } })).toBe(400);
    expect(await statusOf('POST', TOKEN, { token: null, form: { ...login, client_id: '' } })).toBe(401);
    expect(await statusOf('POST', TOKEN, { token: null, json: login })).toBe(415);
  },

  'to an administrator who lets a client in': async () => {
    const query = new URLSearchParams(authorization);
    const form = { ...authorization, answer: 'allow' };
    expect(await statusOf('GET', `${AUTHORIZE}?${query}`)).toBe(200);
    expect(await statusOf('GET', AUTHORIZE)).toBe(400);
    expect(await statusOf('POST', AUTHORIZE, { form })).toBe(303);
    expect(await statusOf('POST', AUTHORIZE, { form: {} })).toBe(400);
    expect(await statusOf('POST', AUTHORIZE, { json: form })).toBe(415);
  },
};

describe('the server answers as openapi.json says', () => {
  it.each(Object.entries(EXCHANGES))('%s', (_name, exchange) => exchange());

  it('and in no other way: every documented response occurs', async () => {
    for (const exchange of Object.values(EXCHANGES)) await exchange();
    const documented = Object.entries(OPENAPI.paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([method]) => METHODS.includes(method))
        .flatMap(([method, { responses }]) =>
          Object.keys(responses).map((status) => `${method} ${path} ${status}`),
        ),
    );
    expect([...seen].sort()).toEqual(documented.sort());
  });

  it.each(Object.keys(OPENAPI.paths))('%s knows no other method', async (path) => {
    const headers = { authorization: `Bearer ${emulator.accessToken}` };
    const url = emulator.url + path.replace('{id}', (await create()).split('/').at(-1) ?? '');
    const unknown = METHODS.filter((method) => !Object.hasOwn(OPENAPI.paths[path] ?? {}, method));
    for (const method of unknown) {
      const { status } = await fetch(url, { method: method.toUpperCase(), headers });
      expect([method, status]).toEqual([method, 405]);
    }
    expect(unknown.length).toBeGreaterThan(0);
  });

  it('names an entry of the assumptions wherever it assumes', async () => {
    const named = [...JSON.stringify(OPENAPI).matchAll(/"x-assumption":"(\w+)"/g)].map(([, id]) => id);
    const ids = new Set((await emulator.assumptions.list()).map(({ id }) => id));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((id) => !ids.has(id ?? ''))).toEqual([]);
  });
});

async function refusals(path: string): Promise<void> {
  const json = { 'content-type': 'application/json' };
  expect(await statusOf('POST', path, { json: { ...input, types: [] } })).toBe(422);
  expect(await statusOf('POST', path, { json: input, token: null })).toBe(401);
  expect(await statusOf('POST', path, { form: {} })).toBe(415);
  expect(await statusOf('POST', path, { headers: json })).toBe(400);
  expect(await statusOf('POST', path, { json: { name: 'x'.repeat(2 ** 20) } })).toBe(413);
}
