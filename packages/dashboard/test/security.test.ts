import { request } from 'node:http';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { type AuditLine, createDashboard } from '@showpad-webhooks/dashboard';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { buildDashboard } from './build-dashboard.ts';
import { fillInbox } from './filled-inbox.ts';
import { openDashboard } from './open-dashboard.ts';

const SECRET = 'kent.cook@showpad.com';

beforeAll(buildDashboard);

/** Unlike fetch, this can set every header. */
function statusOf(url: string, method: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { method, agent: false, headers: { 'x-user': 'kent', ...headers } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('who may use it', () => {
  test.each(['', '/', '/dashboard.js', '/api/status', '/api/entries'])(
    'nobody whom the app does not know gets %s',
    async (path) => {
      const { url } = await openDashboard({ inbox: createMemoryInbox() });
      const response = await fetch(url + path);
      expect(response.status).toBe(403);
      expect(await response.text()).toMatch(/You are not allowed to see this/);
    },
  );

  test.each([
    ['returns no name', () => ({ name: '' })],
    [
      'throws',
      () => {
        throw new Error('The session store is away.');
      },
    ],
  ])('nobody gets in if authorize %s, and the log says why', async (_, authorize) => {
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const { get } = await openDashboard({ inbox: createMemoryInbox(), authorize, logger });
    expect(await get('status')).toEqual({
      status: 503,
      body: { title: 'This did not work', detail: 'The log of the app says why.' },
    });
    expect(logger.error).toHaveBeenCalledTimes(1);
  });

  test.each([
    ['for everybody', { readOnly: true }],
    ['for a user', { authorize: () => ({ name: 'kent', readOnly: true }) }],
  ])('a page that is read-only %s changes nothing', async (_, options) => {
    const { inbox, die } = await fillInbox();
    await die('one');
    const { get, post } = await openDashboard({ inbox, ...options });
    expect((await get('status')).body).toMatchObject({ user: 'kent', isReadOnly: true });
    for (const change of ['retry', 'discard']) {
      expect(await post(`${change}?state=dead&id=one`)).toMatchObject({
        status: 403,
        body: { title: 'You may only look' },
      });
    }
    expect(await inbox.counts()).toMatchObject({ dead: 1 });
  });
});

describe('a request of another website', () => {
  test.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['no origin', { origin: 'null' }],
    ['nothing that tells', {}],
    ['a cross-site one', { 'sec-fetch-site': 'cross-site' }],
    ['a same-site one', { 'sec-fetch-site': 'same-site' }],
    ['one that a person typed', { 'sec-fetch-site': 'none' }],
  ])('changes nothing and shows no payload: %s', async (_, headers) => {
    const { inbox, die } = await fillInbox();
    await die('one');
    const onAudit = vi.fn();
    const { url } = await openDashboard({ inbox, onAudit });
    for (const call of ['payload?id=one', 'retry?state=dead&id=one', 'discard?state=dead&id=one']) {
      expect(await statusOf(`${url}/api/${call}`, 'POST', headers as never)).toBe(403);
      expect(await statusOf(`${url}/api/${call}`, 'GET', headers as never)).toBe(405);
    }
    expect(onAudit).not.toHaveBeenCalled();
    expect(await inbox.counts()).toMatchObject({ dead: 1 });
  });

  test('is told from one of the page behind a proxy that replaces the host', async () => {
    const { inbox, die } = await fillInbox();
    await die('one');
    const { url } = await openDashboard({ inbox });
    const headers = { origin: 'https://app.example', 'x-forwarded-host': 'app.example' };
    expect(await statusOf(`${url}/api/payload?id=one`, 'POST', headers)).toBe(200);
    expect(await statusOf(`${url}/api/payload?id=one`, 'POST', { 'sec-fetch-site': 'same-origin' })).toBe(
      200,
    );
  });
});

describe('an audit line', () => {
  test('comes before each payload and each change, and contains no payload', async () => {
    const { inbox, die } = await fillInbox();
    await die('one');
    await die('two');
    const lines: AuditLine[] = [];
    const { post } = await openDashboard({ inbox, onAudit: (line) => void lines.push(line) });
    expect((await post('payload?id=one')).body.text).toContain(SECRET);
    await post('retry?state=dead&id=one&id=two');
    await post('discard?state=dead&id=two');
    expect(lines.map(({ who, action, id }) => [who, action, id])).toEqual([
      ['kent', 'payload', 'one'],
      ['kent', 'retry', 'one'],
      ['kent', 'retry', 'two'],
      ['kent', 'discard', 'two'],
    ]);
    expect(JSON.stringify(lines)).not.toContain(SECRET);
    expect(lines[0]?.at).toBeInstanceOf(Date);
  });

  test('that cannot be written lets nothing happen', async () => {
    const { inbox, die } = await fillInbox();
    await die('one');
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const onAudit = async () => {
      throw new Error('The audit log is away.');
    };
    const { post } = await openDashboard({ inbox, onAudit, logger });
    for (const call of ['payload?id=one', 'retry?state=dead&id=one', 'discard?state=dead&id=one']) {
      const { status, body } = await post(call);
      expect(status).toBe(503);
      expect(JSON.stringify(body)).not.toContain(SECRET);
    }
    expect(await inbox.counts()).toMatchObject({ dead: 1 });
  });

  test('goes to the logger without control characters if nobody else takes it', async () => {
    const { inbox, die } = await fillInbox();
    await die('one\u009b2J\u202e');
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const authorize = () => ({ name: 'kent\n' });
    const dashboard = createDashboard<Request>({ inbox, authorize, logger });
    await dashboard.fetch(
      new Request(`http://app.example/x/api/payload?id=${encodeURIComponent('one\u009b2J\u202e')}`, {
        method: 'POST',
        headers: { origin: 'http://app.example' },
      }),
    );
    dashboard.close();
    expect(logger.info.mock.calls).toEqual([
      [
        {
          at: expect.any(String),
          who: 'kent\\n',
          action: 'payload',
          inbox: 'default',
          id: 'one\\u009b2J\\u202e',
        },
        'showpad webhooks dashboard',
      ],
    ]);
  });
});

test('every response is safe from caches, frames and scripts of others', async () => {
  const { inbox } = await fillInbox();
  const { url } = await openDashboard({ inbox });
  for (const path of ['', '/dashboard.js', '/api/status', '/api/none']) {
    const { headers } = await fetch(url + path, { headers: { 'x-user': 'kent' } });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self';.*frame-ancestors 'none'$/,
    );
    expect(headers.get('access-control-allow-origin')).toBeNull();
  }
});
