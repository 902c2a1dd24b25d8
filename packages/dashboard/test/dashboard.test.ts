import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { createDashboard } from '@showpad-webhooks/dashboard';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { buildDashboard } from './build-dashboard.ts';
import { fillInbox } from './filled-inbox.ts';
import { openDashboard } from './open-dashboard.ts';

const SECRET = 'kent.cook@showpad.com';

beforeAll(buildDashboard);

test.each([
  ['no inbox', { inbox: undefined }, /"inbox" must be the inbox/],
  ['no authorize', {}, /"authorize" must be a function .* it does not start without it/],
  ['authorize: false', { authorize: false }, /'anyone' lets in everybody/],
  ['a text as readOnly', { authorize: 'anyone', readOnly: 'yes' }, /"readOnly" must be true or false/],
  ['no function as onAudit', { authorize: 'anyone', onAudit: true }, /"onAudit" must be a function/],
  ['an unknown option', { authorize: 'anyone', path: '/x' }, /"path" is not an option/],
])('it does not start with %s', (_, options, message) => {
  expect(() => createDashboard({ inbox: createMemoryInbox(), ...options } as never)).toThrow(message);
});

describe('entries', () => {
  test('are found by what is known of them', async () => {
    const { inbox, die } = await fillInbox();
    await die('one');
    await die('two', { type: 'another-type' });
    const { get } = await openDashboard({ inbox });
    const idsOf = async (query: string) =>
      (await get(`entries?${query}`)).body.items.map(({ id }: { readonly id: string }) => id);
    expect(await idsOf('')).toEqual(['two', 'one']);
    expect(await idsOf('type=ANOTHER')).toEqual(['two']);
    expect(await idsOf('handler=crm&error=permanent_failure')).toEqual(['two', 'one']);
    expect(await idsOf('error=answered+503&type=shared')).toEqual(['one']);
    expect(await idsOf('handler=warehouse')).toEqual([]);
    expect(await idsOf(`since=${Date.now() + 3_600_000}`)).toEqual([]);
    expect(await idsOf('state=done')).toEqual([]);
    expect(await idsOf('state=done&id=one')).toEqual(['one']);
    expect(await idsOf('id=none')).toEqual([]);
    expect(await get('entry?id=none')).toMatchObject({ status: 404 });
  });

  test('come a page at a time', async () => {
    const { inbox, deliver } = await fillInbox();
    for (let index = 0; index < 60; index++) await deliver(`${index}`);
    await vi.waitUntil(async () => (await inbox.counts()).dead === 60);
    const { get } = await openDashboard({ inbox });
    const first = (await get('entries')).body;
    expect(first).toMatchObject({ items: { length: 50 }, looked: 50, next: expect.any(String) });
    const second = (await get(`entries?cursor=${encodeURIComponent(first.next)}`)).body;
    expect(second).toMatchObject({ items: { length: 10 }, looked: 10, next: null });
  });

  test('whose texts are huge are cut, and those whose id does not fit into a URL are only shown', async () => {
    const { inbox, die } = await fillInbox();
    const huge = 'x'.repeat(100_000);
    await die(huge, { type: huge });
    await die('\ud800');
    const { get } = await openDashboard({ inbox });
    const { items } = (await get('entries')).body;
    expect(JSON.stringify(items).length).toBeLessThan(10_000);
    expect(items.map(({ isReachable }: { readonly isReachable: boolean }) => isReachable)).toEqual([
      false,
      false,
    ]);
  });

  test('are retried and discarded, and say what became of them', async () => {
    const filled = await fillInbox();
    await filled.die('one');
    await filled.die('two');
    const { get, post } = await openDashboard({ inbox: filled.inbox });
    expect(await get('outcomes?id=one&id=none')).toMatchObject({
      body: { outcomes: { one: 'dead', none: 'gone' } },
    });
    filled.isDown = false;
    expect((await post('retry?state=dead&id=one&id=none')).body).toEqual({
      refusals: { one: null, none: expect.stringMatching(/has changed/) },
    });
    await vi.waitUntil(async () => (await get('outcomes?id=one')).body.outcomes.one === 'done');
    expect((await post('discard?state=dead&id=one&id=two')).body).toEqual({
      refusals: { one: expect.stringMatching(/has changed/), two: null },
    });
    expect((await get('status')).body).toMatchObject({ done: 1, dead: 0, inbox: 'default' });
    expect(await post('payload?id=one')).toMatchObject({
      status: 404,
      body: { title: 'The payload is gone' },
    });
    expect(await post('retry?id=one')).toMatchObject({
      status: 400,
      body: { title: 'The state is missing' },
    });
    expect(await post('retry?state=dead')).toMatchObject({
      status: 400,
      body: { title: 'No entry is named' },
    });
  });

  test('have payloads of any bytes, of which the page gets the beginning', async () => {
    const { inbox, die } = await fillInbox();
    await die('long', { data: { text: 'ä'.repeat(300_000) } });
    const { post } = await openDashboard({ inbox });
    const { text: shown, isCut, bytes } = (await post('payload?id=long')).body;
    expect([shown.length < 200_001, shown.includes('\ufffd'), isCut, bytes > 600_000]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});

test('a store that fails is an answer without its secrets, and a line in the log', async () => {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const away = async () => {
    throw new Error(`The store failed for ${SECRET}.`);
  };
  const inbox = { ...createMemoryInbox(), counts: away, list: away };
  const { get } = await openDashboard({ inbox, logger });
  for (const call of ['status', 'entries', 'entry?id=one']) {
    expect(await get(call)).toMatchObject({ status: 503, body: { title: 'This did not work' } });
  }
  expect(JSON.stringify(await get('status'))).not.toContain(SECRET);
  expect(logger.error).toHaveBeenCalledTimes(4);
  expect(await get('constructor')).toMatchObject({ status: 404, body: { title: 'There is no such call' } });
  logger.error.mockImplementation(() => {
    throw new Error('The log is away, too.');
  });
  expect(await get('entries')).toMatchObject({ status: 503 });
});

test('the page and its files are served relative to any path', async () => {
  const { inbox } = await fillInbox();
  const dashboard = createDashboard<Request>({ inbox, authorize: 'anyone' });
  const htmlOf = async (path: string) =>
    (await dashboard.fetch(new Request(`http://app.example${path}`))).text();
  expect(await htmlOf('/')).toContain('"./dashboard.js"');
  expect(await htmlOf('/ops/webhooks/')).toContain('"./dashboard.js"');
  expect(await htmlOf('/ops/webhooks?x=/y')).toContain('"./webhooks/dashboard.js"');
  expect(await htmlOf('/ops/%22%3E')).toContain('"./%22%3E/dashboard.js"');
  expect(await htmlOf('/deep/below/any/path/dashboard.css')).toContain('--accent');
  const head = await dashboard.fetch(new Request('http://app.example/', { method: 'HEAD' }));
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect((await dashboard.fetch(new Request('http://app.example/', { method: 'POST' }))).status).toBe(405);
  dashboard.close();
});
