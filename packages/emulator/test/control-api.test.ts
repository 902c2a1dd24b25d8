import type { MismatchFinding } from '@showpad-webhooks/core/explain';
import type { DeliveryFilter, Emulator, EmulatorOptions } from '@showpad-webhooks/emulator';
import { describe, expect, it } from 'vitest';
import { KEY, openEmulator, subscribe, TYPE } from './open-emulator.ts';
import { openReceiver } from './open-receiver.ts';

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: The test knows what it expects.
  readonly body: any;
}

async function ask(emulator: Emulator, method: string, path: string, json?: unknown): Promise<Answer> {
  const response = await fetch(`${emulator.url}/__emulator${path}`, {
    method,
    ...(json !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: typeof json === 'string' ? json : JSON.stringify(json),
    }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

const fieldsOf = ({ body }: Answer): readonly string[] => body.meta.map(({ name }: { name: string }) => name);

describe('the control API', () => {
  it('says that it is an emulator', async () => {
    const emulator = await openEmulator({ seed: 9 });
    const { body } = await ask(emulator, 'GET', '/info');
    expect(body).toEqual({
      isEmulator: true,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      url: emulator.url,
      clock: 'manual',
      now: emulator.now(),
      seed: 9,
    });
  });

  it('serves its OpenAPI document', async () => {
    const { body } = await ask(await openEmulator(), 'GET', '/openapi.json');
    expect(body.openapi).toBe('3.1.0');
  });

  it('lists every documented type, and marks what is inferred', async () => {
    const { body } = await ask(await openEmulator({ samples: { mine: { a: 1 } } }), 'GET', '/catalogue');
    const listed = body.map(({ type, isDocumented }: Record<string, unknown>) => [type, isDocumented]);
    expect(listed).toEqual([
      [TYPE, true],
      ['shared-space-created', false],
      ['COURSE_COMPLETED', false],
      ['mine', false],
      // An assumption: Showpad documents only its display name.
      ['shared-space-content-added-v2', false],
    ]);
    expect(body[0].sample.data.invitee.email).toBe('kent.cook@showpad.com');
  });

  it('subscribes, with the key shown once, updates and deletes', async () => {
    const emulator = await openEmulator();
    const input = { name: 'CRM', types: [TYPE], method: 'POST', url: 'http://127.0.0.1:1/', headers: [] };
    const created = await ask(emulator, 'POST', '/subscriptions', input);
    expect(created).toMatchObject({ status: 201, body: { ...input, requestCount: 0, lastStatus: null } });
    const { signatureKey, ...rest } = created.body;
    expect(signatureKey).toMatch(/^[\w-]{43}$/);
    expect((await ask(emulator, 'GET', '/subscriptions')).body).toEqual([rest]);
    const path = `/subscriptions/${rest.id}`;
    expect((await ask(emulator, 'PATCH', path, { name: 'ERP' })).body).toEqual({ ...rest, name: 'ERP' });
    expect((await ask(emulator, 'GET', path)).body.name).toBe('ERP');
    expect((await ask(emulator, 'DELETE', path)).status).toBe(204);
    expect((await ask(emulator, 'GET', path)).status).toBe(404);
    expect(fieldsOf(await ask(emulator, 'POST', '/subscriptions', { ...input, url: '' }))).toEqual(['url']);
  });

  it('makes events happen, and pages through what was sent', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(200);
    const { id } = await subscribe(emulator, url);
    const sent = await ask(emulator, 'POST', '/events', { type: TYPE, overrides: { data: 1 }, count: 3 });
    expect([sent.status, sent.body.events.length, sent.body.notifications.length]).toEqual([202, 3, 3]);
    expect(sent.body.events[0]).toMatchObject({ type: TYPE, isInferred: false });
    const body = ' {"type":"in the body","id":"7"}';
    const exact = await ask(emulator, 'POST', '/events', { body, subscriptionId: id });
    expect(exact.body.notifications).toMatchObject([
      { eventId: '7', type: 'in the body', subscriptionId: id },
    ]);
    await emulator.advanceTime(0);
    expect(received.map((delivery) => `${delivery.body}`)).toContain(body);

    const first = (await ask(emulator, 'GET', '/attempts?limit=3')).body;
    const rest = (await ask(emulator, 'GET', `/attempts?limit=3&cursor=${first.next}`)).body;
    expect([first.items.length, rest.items.length, rest.next]).toEqual([3, 1, null]);
    expect(first.items[0].eventId).toBe('7');
    const ids = [...first.items, ...rest.items].map((attempt) => attempt.id);
    expect(ids).toEqual((await emulator.attempts()).map((attempt) => attempt.id).reverse());
    expect((await ask(emulator, 'GET', '/attempts?eventId=7')).body.items).toEqual([first.items[0]]);
    expect((await ask(emulator, 'GET', `/attempts?type=${TYPE}&limit=9`)).body.items).toHaveLength(3);
    expect((await ask(emulator, 'GET', '/attempts?subscriptionId=none')).body.items).toEqual([]);
    expect((await ask(emulator, 'GET', `/attempts/${ids[0]}`)).body).toEqual(first.items[0]);
  });

  it.each([
    [{}, ['type']],
    [{ type: '' }, ['type']],
    [{ body: '{}' }, ['type']],
    [{ type: TYPE, count: 0 }, ['count']],
    [{ type: TYPE, subscription: '7' }, ['subscription']],
    [{ body: '{' }, ['type']],
    [
      { type: TYPE, count: 10_001, overrides: [], body: 1, subscriptionId: 2 },
      ['overrides', 'body', 'count', 'subscriptionId'],
    ],
  ])('refuses the event %j, and names %j', async (event, fields) => {
    const emulator = await openEmulator();
    expect(fieldsOf(await ask(emulator, 'POST', '/events', event))).toEqual(fields);
  });

  it('replays the same bytes with a new signature, another body, or the same headers', async () => {
    const emulator = await openEmulator();
    const { url, received } = await openReceiver(200);
    await subscribe(emulator, url);
    await emulator.trigger(TYPE);
    const { id, eventId } = await emulator.waitForDelivery();
    await emulator.advanceTime(60_000);
    const replay = async (request: object) => {
      const { body } = await ask(emulator, 'POST', `/attempts/${id}/replay`, request);
      expect(body.eventId).toBe(eventId);
      await emulator.waitForDelivery({ notificationId: body.id });
      return received.at(-1);
    };
    const [original] = received;
    const again = await replay({});
    expect(again?.body).toEqual(original?.body);
    const timestamp = 'x-showpad-signature-timestamp';
    expect(Number(again?.headers[timestamp]) - Number(original?.headers[timestamp])).toBe(60);
    expect(`${(await replay({ body: 'edited' }))?.body}`).toBe('edited');
    expect(await replay({ resign: false })).toEqual(original);
    const { signature, request } = (await emulator.attempts()).at(-1) ?? {};
    expect(signature?.timestamp).toBe(request?.headers[timestamp]);
    expect(fieldsOf(await ask(emulator, 'POST', `/attempts/${id}/replay`, { resign: 1 }))).toEqual([
      'resign',
    ]);
    expect((await ask(emulator, 'POST', '/attempts/none/replay', {})).status).toBe(404);
    await emulator.faults.add({ api: 'delivery', action: { kind: 'drop' } });
    await emulator.trigger(TYPE);
    const { id: unsent } = await emulator.waitForDelivery();
    expect((await ask(emulator, 'POST', `/attempts/${unsent}/replay`, {})).status).toBe(409);
  });

  it('explains why the signature of an attempt would be rejected', async () => {
    const emulator = await openEmulator();
    const { url } = await openReceiver(401);
    await subscribe(emulator, url);
    const explain = async (input: object, filter?: DeliveryFilter) => {
      await emulator.trigger(TYPE);
      const { id } = await emulator.waitForDelivery(filter);
      const { status, body } = await ask(emulator, 'POST', `/attempts/${id}/explain`, input);
      return status === 200
        ? body.map(({ cause, certainty }: MismatchFinding) => `${cause} ${certainty}`)
        : body;
    };
    expect(await explain({})).toEqual([]);
    expect(await explain({ body: '{}' })).not.toContainEqual(expect.stringContaining('proven'));
    const { request } = (await emulator.attempts())[0] ?? {};
    const { id } = (await emulator.attempts())[0] ?? {};
    const reSpaced = JSON.stringify(JSON.parse(request?.body ?? ''), null, 2);
    const found = await ask(emulator, 'POST', `/attempts/${id}/explain`, { body: reSpaced });
    expect(found.body).toMatchObject([{ cause: 'body-rewritten', certainty: 'proven' }]);

    const other = await emulator.subscriptions.create({
      name: 'ERP',
      types: ['other'],
      url,
      signatureKey: KEY,
    });
    await emulator.faults.add({ api: 'delivery', count: 1, action: { kind: 'wrong-key' } });
    expect(await explain({})).not.toEqual([]);
    await emulator.subscriptions.delete(other.id);

    expect(fieldsOf(await ask(emulator, 'POST', `/attempts/${id}/explain`, { body: 1, key: 'x' }))).toEqual([
      'body',
      'key',
    ]);
    expect((await ask(emulator, 'POST', '/attempts/none/explain', {})).status).toBe(404);
    await emulator.faults.add({ api: 'delivery', action: { kind: 'drop' } });
    expect(await explain({})).toMatchObject({ status: 409, detail: 'The attempt was not sent.' });
  });

  it('adds, lists and removes faults, and lists their kinds', async () => {
    const emulator = await openEmulator();
    const rule = { api: 'delivery', match: {}, probability: 1, count: 1, action: { kind: 'duplicate' } };
    const added = await ask(emulator, 'POST', '/faults', rule);
    expect(added.body.action).toEqual({ kind: 'duplicate', copies: 1, afterMs: 0 });
    expect((await ask(emulator, 'GET', '/faults')).body).toEqual([added.body]);
    expect((await ask(emulator, 'DELETE', `/faults/${added.body.id}`)).status).toBe(204);
    await ask(emulator, 'POST', '/faults', rule);
    expect((await ask(emulator, 'DELETE', '/faults')).status).toBe(204);
    expect((await ask(emulator, 'GET', '/faults')).body).toEqual([]);
    const kinds: { kind: string; api: string; params: object }[] = (
      await ask(emulator, 'GET', '/faults/actions')
    ).body;
    for (const { kind, api, params } of kinds) {
      const { status } = await ask(emulator, 'POST', '/faults', { api, action: { kind, ...params } });
      expect([kind, api, status]).toEqual([kind, api, 201]);
    }
  });

  it('sets the clock', async () => {
    const emulator = await openEmulator();
    await subscribe(emulator, (await openReceiver(503)).url);
    await emulator.trigger(TYPE);
    const now = emulator.now();
    expect((await ask(emulator, 'POST', '/clock/advance', { ms: 3_000 })).body).toMatchObject({
      now: now + 3_000,
    });
    expect(await emulator.attempts()).toHaveLength(3);
    expect((await ask(emulator, 'POST', '/clock', { now: now + 60_000 })).body.now).toBe(now + 60_000);
    expect((await emulator.attempts()).at(-1)).toMatchObject({ number: 4, state: 'gave-up' });
    expect((await ask(emulator, 'POST', '/clock', { now })).body).toMatchObject({ mode: 'manual', now });
    const real = (await ask(emulator, 'POST', '/clock', { mode: 'real', offsetMs: -86_400_000 })).body;
    expect(real.mode).toBe('real');
    expect(Math.abs(Date.now() - 86_400_000 - real.now)).toBeLessThan(1_000);
    expect(fieldsOf(await ask(emulator, 'POST', '/clock', { mode: 'fast', now: 1 }))).toEqual([
      'mode',
      'now',
    ]);
    expect(fieldsOf(await ask(emulator, 'POST', '/clock/advance', { ms: -1 }))).toEqual(['ms']);
    expect(fieldsOf(await ask(emulator, 'POST', '/clock/advance', { seconds: 1 }))).toEqual([
      'ms',
      'seconds',
    ]);
  });

  it('lists the token that the terminal shows, because it is valid too', async () => {
    const emulator = await openEmulator();
    const token = emulator.accessToken;
    expect((await ask(emulator, 'GET', '/tokens')).body).toEqual([
      { id: expect.any(String), kind: 'access', expiresAt: null, masked: `…${token.slice(-4)}` },
    ]);
  });

  it('keeps samples of your own, which are sent, listed as yours, and removed again', async () => {
    const emulator = await openEmulator();
    const mine = async () =>
      (await ask(emulator, 'GET', '/catalogue')).body.filter(
        ({ isYours }: Record<string, unknown>) => isYours,
      );
    expect(await mine()).toEqual([]);
    const sample = { type: 'asset-viewed', data: { pages: 3 }, extra: 1 };
    expect((await ask(emulator, 'POST', '/samples', sample)).body).toMatchObject(sample);
    expect(await mine()).toEqual([
      {
        type: 'asset-viewed',
        isDocumented: false,
        isYours: true,
        isKept: true,
        sample: expect.objectContaining(sample),
      },
    ]);
    const { url } = await openReceiver(200);
    await ask(emulator, 'POST', '/subscriptions', { name: 'app', types: ['asset-viewed'], url });
    const sent = await ask(emulator, 'POST', '/events', { type: 'asset-viewed' });
    expect(sent.body.events[0]).toMatchObject({ isInferred: false });
    const { request } = await emulator.waitForDelivery();
    expect(JSON.parse(request?.body ?? '')).toMatchObject(sample);
    expect(request?.body).toMatch(/^\{"type":/); // As in Showpad's own samples.

    expect((await ask(emulator, 'DELETE', '/samples/asset-viewed')).status).toBe(204);
    expect(await mine()).toEqual([]);
    expect((await ask(emulator, 'DELETE', '/samples/asset-viewed')).status).toBe(404);
  });

  it.each([
    ['no type', { data: {} }, 'type'],
    ['a blank type', { type: '' }, 'type'],
    ['a type that is no text', { type: 1 }, 'type'],
  ])('refuses a sample with %s', async (_title, sample, field) => {
    const answer = await ask(await openEmulator(), 'POST', '/samples', sample);
    expect(answer.status).toBe(422);
    expect(fieldsOf(answer)).toEqual([field]);
  });

  it('tells the Admin page the key that it may suggest, if there is one', async () => {
    const body = async (options: EmulatorOptions) =>
      (await ask(await openEmulator(options), 'GET', '/signature-key')).body;
    expect(await body({})).toEqual({ signatureKey: null });
    expect(await body({ signatureKey: 'the key of my app' })).toEqual({ signatureKey: 'the key of my app' });
  });

  it('creates tokens, shows each once, and revokes them all', async () => {
    const emulator = await openEmulator();
    expect((await ask(emulator, 'GET', '/tokens')).body).toEqual([]);
    const made = (await ask(emulator, 'POST', '/tokens', {})).body;
    const endless = (await ask(emulator, 'POST', '/tokens', { expiresInSeconds: null })).body;
    expect(made.expiresAt).toBe(emulator.now() + 3_600_000);
    const { accessToken, ...masked } = made;
    expect((await ask(emulator, 'GET', '/tokens')).body).toEqual([
      masked,
      expect.objectContaining({ expiresAt: null }),
    ]);
    expect(masked.masked).toBe(`…${accessToken.slice(-4)}`);
    const statusWith = async (token: string) =>
      (
        await fetch(`${emulator.url}/webhooks/v1/subscriptions`, {
          headers: { authorization: `Bearer ${token}` },
        })
      ).status;
    expect([await statusWith(accessToken), await statusWith(endless.accessToken)]).toEqual([200, 200]);
    const ready = emulator.accessToken;
    await ask(emulator, 'DELETE', '/tokens');
    expect(emulator.accessToken).not.toBe(ready);
    expect([await statusWith(ready), await statusWith(emulator.accessToken)]).toEqual([401, 200]);
    expect([await statusWith(accessToken), await statusWith(endless.accessToken)]).toEqual([401, 401]);
    expect(fieldsOf(await ask(emulator, 'POST', '/tokens', { expiresInSeconds: 0 }))).toEqual([
      'expiresInSeconds',
    ]);
  });

  it('lists the assumptions, and switches them', async () => {
    const emulator = await openEmulator();
    const list: Record<string, unknown>[] = (await ask(emulator, 'GET', '/assumptions')).body;
    for (const assumption of list) {
      expect(assumption).toEqual({
        id: expect.any(String),
        statement: expect.stringMatching(/\.$/),
        source: expect.stringMatching(/\.$/),
        value: assumption.default,
        choices: assumption.choices && expect.arrayContaining([assumption.default]),
        default: expect.anything(),
      });
    }
    const changed = (await ask(emulator, 'PATCH', '/assumptions', { timeoutMs: 1_234, lists: 'array' })).body;
    const entryOf = (id: string) => changed.find((each: { id: string }) => each.id === id);
    expect(entryOf('timeoutMs')).toMatchObject({ value: 1_234, choices: expect.arrayContaining([1_234]) });
    expect(entryOf('lists')).toMatchObject({ value: 'array' });
    expect(fieldsOf(await ask(emulator, 'PATCH', '/assumptions', { scope: 'x', lists: 1 }))).toEqual([
      'lists',
      'scope',
    ]);
  });

  it('resets', async () => {
    const emulator = await openEmulator();
    await subscribe(emulator, 'http://127.0.0.1:1/');
    expect((await ask(emulator, 'POST', '/reset')).status).toBe(204);
    expect((await ask(emulator, 'GET', '/subscriptions')).body).toEqual([]);
  });

  it.each([
    ['{', 400],
    ['[]', 422],
    [JSON.stringify('x'.repeat(17 * 1_024 * 1_024)), 413],
  ])('refuses a body that is not a JSON object', async (text, status) => {
    const answer = await ask(await openEmulator(), 'POST', '/events', text);
    expect([answer.status, answer.body.status]).toEqual([status, status]);
  });

  it.each([
    [JSON.stringify({ type: TYPE }), 202],
    ['x'.repeat(17 * 1_024 * 1_024), 413],
  ])('accepts a body of undeclared length up to the same limit', async (text, status) => {
    const { url } = await openEmulator();
    const response = await fetch(`${url}/__emulator/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([text]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(status);
  });

  it('names the path that it does not have', async () => {
    const answer = await ask(await openEmulator(), 'GET', '/nothing');
    expect(answer).toMatchObject({ status: 404, body: { detail: 'There is no GET /__emulator/nothing.' } });
  });
});

describe('the stream', () => {
  it('disconnects a reader that is too far behind', async () => {
    const emulator = await openEmulator();
    const response = await fetch(`${emulator.url}/__emulator/stream`);
    const types = Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(250, '-'));
    for (let made = 0; made < 2_000; made++) {
      await emulator.subscriptions.create({ name: 'large', types, url: 'http://127.0.0.1:1/' });
    }
    await emulator.reset();
    const text = await response.text();
    const kinds = text.match(/^event: .*$/gm) ?? [];
    expect(text.length).toBeGreaterThan(32 * 1_024 * 1_024);
    expect(text.length).toBeLessThan(33 * 1_024 * 1_024);
    expect(kinds).not.toContain('event: reset');
  });

  it('sends every change, and never a key', async () => {
    const emulator = await openEmulator();
    const { url } = await openReceiver(200);
    const response = await fetch(`${emulator.url}/__emulator/stream`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const { id } = await subscribe(emulator, url);
    await emulator.faults.add({ api: 'delivery', action: { kind: 'extra-fields' }, count: 1 });
    await emulator.trigger(TYPE);
    await emulator.advanceTime(5);
    await emulator.assumptions.set({ lists: 'array' });
    await emulator.subscriptions.delete(id);
    await emulator.reset();

    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes('event: reset')) break;
    }
    const events = [...text.matchAll(/^event: (?<kind>.*)\ndata: (?<data>.*)\n\n/gm)].map(({ groups }) => [
      groups?.kind,
      JSON.parse(groups?.data ?? ''),
    ]);
    expect(events.map(([kind]) => kind)).toEqual([
      'subscription',
      'fault',
      'attempt',
      'fault',
      'attempt',
      'attempt',
      'clock',
      'assumption',
      'subscription',
      'reset',
    ]);
    const attempts = events.filter(([kind]) => kind === 'attempt').map(([, attempt]) => attempt.state);
    expect(attempts).toEqual(['scheduled', 'sending', 'succeeded']);
    expect(text).not.toContain(KEY);
  });
});
