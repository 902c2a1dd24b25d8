import type { ClientAssumptions } from '@showpad-webhooks/client';
import { describe, expect, test } from 'vitest';
import { createMany, failure, INPUT, openClient, openEmulator, openServer } from './open.ts';

describe('create', () => {
  test('returns the subscription and the key that signs its deliveries', async () => {
    const emulator = await openEmulator();
    const { client } = openClient(emulator);
    const headers = [{ name: 'x-team', value: 'sales' }];
    const created = await client.subscriptions.create({ ...INPUT, method: 'GET', headers });
    expect(created.subscription).toMatchObject({ ...INPUT, method: 'GET', headers });
    expect(await emulator.subscriptions.get(created.subscription.id)).toMatchObject({ ...INPUT, headers });
    expect(created.signatureKey).toMatch(/^[\w-]{43}$/);
    expect(created.subscription).not.toHaveProperty('signatureKey');
  });

  test('says which fields Showpad refuses, and why', async () => {
    const { client, requests } = openClient(await openEmulator());
    const error = await failure(client.subscriptions.create({ ...INPUT, types: [] }));
    expect(error).toMatchObject({ status: 422, title: 'Invalid input', code: 'HTTP_ERROR' });
    expect(error.meta).toEqual([
      { name: 'types', reason: expect.stringMatching(/^must /), category: 'validation' },
    ]);
    expect(error.hint).toBe(`Check these fields: types ${error.meta[0]?.reason}`);
    expect(requests).toEqual(['POST /subscriptions 422']);
  });
});

test('get reads, update changes and delete deletes a subscription', async () => {
  const { client } = openClient(await openEmulator());
  const { subscription } = await client.subscriptions.create(INPUT);
  const updated = await client.subscriptions.update(subscription.id, { name: 'ERP' });
  expect(updated).toEqual({ ...subscription, name: 'ERP' });
  expect(await client.subscriptions.get(subscription.id)).toEqual(updated);
  await client.subscriptions.delete(subscription.id);
  const error = await failure(client.subscriptions.get(subscription.id));
  expect(error).toMatchObject({
    status: 404,
    title: 'Not found',
    detail: 'There is no subscription with this id.',
  });
  expect(error.message).toBe(
    `GET /subscriptions/${subscription.id} was answered with 404 (Not found): There is no subscription with this id.`,
  );
});

test('an update sends every field if updates are assumed to replace', async () => {
  const emulator = await openEmulator({ assumptions: { update: 'replace' } });
  const headers = [{ name: 'x-team', value: 'sales' }];
  const { id } = await emulator.subscriptions.create({ ...INPUT, headers });
  const partial = openClient(emulator).client.subscriptions;
  expect(await failure(partial.update(id, { name: 'ERP' }))).toHaveProperty('status', 422);
  const replacing = openClient(emulator, { assumptions: { update: 'replace' } }).client.subscriptions;
  expect(await replacing.update(id, { name: 'ERP' })).toMatchObject({ ...INPUT, name: 'ERP', headers });
});

test.each(['', '.', '..'])('refuses the id "%s", which would lead to another path', async (id) => {
  const { client, requests } = openClient(await openEmulator());
  await expect(client.subscriptions.delete(id)).rejects.toThrow('The id must be the id of a subscription.');
  expect(requests).toEqual([]);
});

test('an id stays within its part of the path', async () => {
  const { client, requests } = openClient(await openEmulator());
  await failure(client.subscriptions.get('a/../b?c#d'));
  expect(requests).toEqual(['GET /subscriptions/a%2F..%2Fb%3Fc%23d 404']);
});

describe('list and iterate', () => {
  test('read every page, and each one only when it is needed', async () => {
    const emulator = await openEmulator();
    await createMany(emulator, 5);
    const { client, requests } = openClient(emulator);
    const all = await client.subscriptions.list({ pageSize: 2 });
    expect(all.map(({ name }) => name)).toEqual(['1', '2', '3', '4', '5']);
    expect(requests).toHaveLength(3);
    for await (const { name } of client.subscriptions.iterate({ pageSize: 2 })) if (name === '2') break;
    expect(requests).toHaveLength(4);
  });

  test('read a plain array as the whole list', async () => {
    const emulator = await openEmulator({ assumptions: { lists: 'array' } });
    await createMany(emulator, 3);
    expect(await openClient(emulator).client.subscriptions.list()).toHaveLength(3);
  });

  test('end if the same pages come again and again', async () => {
    const server = await openServer((_req, res) => res.end('{"items":[],"nextCursor":"again"}'));
    const error = await failure(openClient(server).client.subscriptions.list());
    expect(error.code).toBe('UNEXPECTED_RESPONSE');
    expect(error.message).toBe('GET /subscriptions returns the same pages again and again.');
    expect(error.hint).toContain('assumptions.cursorParameter');
  });
});

test('logs and iterateLogs return the delivery attempts', async () => {
  const endpoint = await openServer((_req, res) => res.writeHead(204).end());
  const emulator = await openEmulator();
  const { id } = await emulator.subscriptions.create({ ...INPUT, url: endpoint.url });
  await emulator.trigger('shared-space-user-added', {}, { count: 3 });
  await emulator.advanceTime(0);
  const { client } = openClient(emulator);
  const logs = await client.subscriptions.logs(id, { pageSize: 2 });
  expect(logs).toHaveLength(3);
  expect(logs[0]).toMatchObject({
    type: 'shared-space-user-added',
    attempt: 1,
    statusCode: 204,
    error: null,
  });
  const iterated: unknown[] = [];
  for await (const entry of client.subscriptions.iterateLogs(id)) iterated.push(entry);
  expect(iterated).toEqual(logs);
});

describe('assumptions', () => {
  test('write the endpoint under another name, and read it under both', async () => {
    const emulator = await openEmulator({ assumptions: { endpointField: 'url' } });
    const { id } = await emulator.subscriptions.create(INPUT);
    const { client } = openClient(emulator);
    expect((await client.subscriptions.get(id)).url).toBe(INPUT.url);
    expect(await failure(client.subscriptions.create(INPUT))).toHaveProperty('status', 422);
    const corrected = openClient(emulator, { assumptions: { endpointField: 'url' } }).client;
    expect((await corrected.subscriptions.create(INPUT)).subscription.url).toBe(INPUT.url);
  });

  test('write and read headers of another shape', async () => {
    const bodies: string[] = [];
    const server = await openServer(async (req, res) => {
      for await (const chunk of req) bodies.push(String(chunk));
      res.end(`{"id":"1","signatureKey":"k",${bodies.join('').slice(1)}`);
    });
    const assumptions: Partial<ClientAssumptions> = {
      writeHeaders: (headers) => Object.fromEntries(headers.map(({ name, value }) => [name, value])),
      readHeaders: (headers) =>
        Object.entries(Object(headers)).map(([name, value]) => ({ name, value: `${value}` })),
    };
    const { client } = openClient(server, { assumptions });
    const headers = [{ name: 'x-team', value: 'sales' }];
    const { subscription } = await client.subscriptions.create({ ...INPUT, headers });
    expect(JSON.parse(bodies.join('')).headers).toEqual({ 'x-team': 'sales' });
    expect(subscription.headers).toEqual(headers);
  });

  test('read log entries of another shape', async () => {
    const server = await openServer((_req, res) => res.end('[{"event":{"id":"7"},"code":503}]'));
    const assumptions: Partial<ClientAssumptions> = {
      readLogEntry: ({ event, code }) => ({ eventId: Object(event).id, statusCode: Number(code) }),
    };
    const { client } = openClient(server, { assumptions });
    expect(await client.subscriptions.logs('1')).toEqual([{ eventId: '7', statusCode: 503 }]);
  });

  test('keep fields that are not known', async () => {
    const server = await openServer((_req, res) =>
      res.end('{"id":"1","types":["a"],"url":"https://a.example/","createdBy":{"id":"7"}}'),
    );
    const subscription = await openClient(server).client.subscriptions.get('1');
    expect(subscription).toEqual({
      id: '1',
      name: '',
      types: ['a'],
      url: 'https://a.example/',
      method: 'POST',
      headers: [],
      createdBy: { id: '7' },
    });
  });

  test.each([
    ['{"types":["a"],"url":"https://a.example/"}', 'has no id.'],
    ['{"id":"1","url":"https://a.example/"}', 'has no list of types that are text.'],
    ['{"id":"1","types":[{"type":"a"}],"url":"https://a.example/"}', 'has no list of types that are text.'],
    [
      '{"id":"1","types":["a"],"url":"https://a.example/","headers":{"x":"y"}}',
      'Set assumptions.readHeaders',
    ],
    ['{"id":"1","types":["a"],"target":"https://a.example/"}', 'Set assumptions.endpointField.'],
    ['[]', 'is not an object.'],
  ])('say what is missing in %s', async (answer, reason) => {
    const server = await openServer((_req, res) => res.end(answer));
    const error = await failure(openClient(server).client.subscriptions.get('1'));
    expect(error.code).toBe('UNEXPECTED_RESPONSE');
    expect(`${error.message} ${error.hint}`).toContain(reason);
  });
});
