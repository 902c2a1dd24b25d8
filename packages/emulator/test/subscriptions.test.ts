import { describe, expect, it } from 'vitest';
import { call } from './api-client.ts';
import { openEmulator, subscribe, TYPE } from './open-emulator.ts';
import { openReceiver } from './open-receiver.ts';

const PATH = '/webhooks/v1/subscriptions';
const input = { name: 'CRM', types: [TYPE], endpoint: 'http://127.0.0.1:1/hook' };

describe('the subscriptions API', () => {
  it('shows the signature key in the response to the create, and never again', async () => {
    const emulator = await openEmulator();
    const created = (await call(emulator, 'POST', PATH, { json: input })).body;
    expect(created).toMatchObject({ ...input, method: 'POST', headers: [] });
    const { signatureKey, ...rest } = created;
    expect((await call(emulator, 'GET', `${PATH}/${created.id}`)).body).toEqual(rest);
    expect((await call(emulator, 'GET', PATH)).body).toEqual({ items: [rest] });
    const updated = await call(emulator, 'POST', `${PATH}/${created.id}`, { json: { name: 'ERP' } });
    expect(updated.body).toEqual({ ...rest, name: 'ERP' });
    const { body: another } = await call(emulator, 'POST', PATH, { json: input });
    expect(another.signatureKey).not.toBe(signatureKey);
  });

  it('pages through the list, each once, oldest first', async () => {
    const emulator = await openEmulator();
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.push((await subscribe(emulator, input.endpoint)).id);
    const listed: string[] = [];
    const sizes: number[] = [];
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({ limit: '2', ...(cursor && { cursor }) });
      const { body } = await call(emulator, 'GET', `${PATH}?${query}`);
      listed.push(...body.items.map(({ id }: { id: string }) => id));
      sizes.push(body.items.length);
      cursor = body.nextCursor;
    } while (cursor);
    expect(listed).toEqual(ids);
    expect(sizes).toEqual([2, 2, 1]);
    expect((await call(emulator, 'GET', `${PATH}?cursor=none`)).status).toBe(422);
  });

  it('keeps a log of the attempts, newest first, and deletes it with the subscription', async () => {
    const emulator = await openEmulator();
    const { url } = await openReceiver(503, 200);
    const { id } = await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    await emulator.advanceTime(0);
    expect(
      (await call(emulator, 'GET', `${PATH}/${id}/logs`)).body.items,
      'the retry is still scheduled',
    ).toHaveLength(1);
    await emulator.advanceTime(3_000);
    const { body } = await call(emulator, 'GET', `${PATH}/${id}/logs?limit=1`);
    expect(body.items).toMatchObject([{ attempt: 2, statusCode: 200, type: TYPE, url, error: null }]);
    const next = await call(emulator, 'GET', `${PATH}/${id}/logs?limit=1&cursor=${body.nextCursor}`);
    expect(next.body).toEqual({ items: [expect.objectContaining({ attempt: 1, statusCode: 503 })] });
    expect((await call(emulator, 'GET', `${PATH}/${id}/logs?cursor=x`)).status).toBe(422);

    expect((await call(emulator, 'DELETE', `${PATH}/${id}`)).status).toBe(204);
    expect((await call(emulator, 'GET', `${PATH}/${id}/logs`)).status).toBe(404);
    expect(await emulator.attempts()).toEqual([]);
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 7 }, 'name'],
    [{ name: ' padded' }, 'name'],
    [{ types: [] }, 'types'],
    [{ types: 'one' }, 'types'],
    [{ types: ['one', ''] }, 'types[1]'],
    [{ endpoint: 'no URL' }, 'endpoint'],
    [{ endpoint: 'ftp://127.0.0.1/' }, 'endpoint'],
    [{ endpoint: 'http://user:pass@127.0.0.1/' }, 'endpoint'],
    [{ endpoint: undefined }, 'endpoint'],
    [{ url: 'http://127.0.0.1:1/' }, 'url'],
    [{ method: 'PUT' }, 'method'],
    [{ headers: {} }, 'headers'],
    [{ headers: [{ name: 'a b', value: '1' }] }, 'headers[0].name'],
    [{ headers: [null] }, 'headers[0]'],
    [{ headers: [{ name: 'a' }] }, 'headers[0].value'],
    [{ headers: ['a', 'A'].map((name) => ({ name, value: '1' })) }, 'headers[1]'],
    [{ headers: [{ name: 'a', value: 'b', more: 1 }] }, 'headers[0].more'],
    [{ headers: [{ name: 'X-Showpad-Signature-V1', value: '1' }] }, 'headers[0].name'],
    [{ headers: [{ name: 'a', value: 'line\r\nbreak' }] }, 'headers[0].value'],
    [{ signatureKey: 'mine' }, 'signatureKey'],
    [{ colour: 'red' }, 'colour'],
  ])('names the wrong field in %j', async (change, field) => {
    const emulator = await openEmulator();
    const { body, headers } = await call(emulator, 'POST', PATH, { json: { ...input, ...change } });
    expect(body.meta.map(({ name }: { name: string }) => name)).toEqual([field]);
    expect(body.detail).toContain(field);
    expect(headers.get('content-type')).toBe('application/problem+json');
  });

  it('names every wrong field, and then changes nothing', async () => {
    const emulator = await openEmulator();
    const { id } = await subscribe(emulator, input.endpoint);
    const json = { name: '', method: 'PUT', types: [TYPE] };
    const { status, body } = await call(emulator, 'POST', `${PATH}/${id}`, { json });
    expect([status, body.meta.length]).toEqual([422, 2]);
    expect(await emulator.subscriptions.get(id)).toMatchObject({ name: 'CRM', method: 'POST' });
  });

  it('has the shape that is assumed', async () => {
    const emulator = await openEmulator({
      assumptions: { endpointField: 'url', update: 'replace', lists: 'array' },
    });
    // biome-ignore lint/suspicious/noExplicitAny: The test knows what it expects.
    const ask = async (method: string, path: string, json?: object): Promise<any> => {
      const headers = { authorization: `Bearer ${emulator.accessToken}`, 'content-type': 'application/json' };
      const response = await fetch(emulator.url + path, {
        method,
        headers,
        ...(json && { body: JSON.stringify(json) }),
      });
      return response.json();
    };
    const full = {
      name: 'CRM',
      types: [TYPE],
      url: 'http://127.0.0.1:1/',
      headers: [{ name: 'a', value: 'b' }],
    };
    const created = await ask('POST', PATH, full);
    expect(created).toMatchObject(full);
    expect(await ask('GET', PATH)).toMatchObject([full]);
    expect(await ask('GET', `${PATH}/${created.id}/logs`)).toEqual([]);
    const { headers: _, ...replacement } = full;
    expect((await ask('POST', `${PATH}/${created.id}`, { name: 'ERP' })).meta).toHaveLength(2);
    expect(await ask('POST', `${PATH}/${created.id}`, replacement)).toMatchObject({ ...full, headers: [] });
  });

  it.each([
    ['no', {}, 'Bearer'],
    ['another', { authorization: 'Bearer another' }, 'Bearer error="invalid_token"'],
    ['a Basic', { authorization: 'Basic YTpi' }, 'Bearer'],
  ])('refuses %s token', async (_which, headers, challenge) => {
    const emulator = await openEmulator();
    const answer = await call(emulator, 'GET', PATH, { token: null, headers });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, challenge]);
  });
});
