import type { Emulator } from '@showpad-webhooks/emulator';
import { BROWSER_TIMEOUT_MS, hasBrowser, launch } from '@showpad-webhooks/ui/testing/browser.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, call } from './api-client.ts';
import { openEmulator } from './open-emulator.ts';
import { openReceiver } from './open-receiver.ts';

const TOKEN = '/api/v3/oauth2/token';
const AUTHORIZE = '/api/v3/oauth2/authorize';
const SUBSCRIPTIONS = '/webhooks/v1/subscriptions';
const client = { client_id: 'client', client_secret: 'secret' };
const login = { ...client, grant_type: 'password', username: 'admin', password: 'admin' };

const request = (emulator: Emulator, form: Record<string, string>, headers = {}): Promise<Answer> =>
  call(emulator, 'POST', TOKEN, { token: null, form, headers });
const refresh = (emulator: Emulator, token: string): Promise<Answer> =>
  request(emulator, { ...client, grant_type: 'refresh_token', refresh_token: token });
const statusWith = async (emulator: Emulator, token: string): Promise<number> =>
  (await call(emulator, 'GET', SUBSCRIPTIONS, { token })).status;

describe('the token endpoint', () => {
  it('issues a bearer token that the subscriptions API accepts for an hour', async () => {
    const emulator = await openEmulator();
    const { body, headers } = await request(emulator, login);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3_600 });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(await statusWith(emulator, body.access_token)).toBe(200);
    await emulator.advanceTime(3_599_999);
    expect(await statusWith(emulator, body.access_token)).toBe(200);
    await emulator.advanceTime(1);
    expect(await statusWith(emulator, body.access_token)).toBe(401);
    expect(await statusWith(emulator, body.refresh_token)).toBe(401);
  });

  it('accepts the client’s credentials in Basic authentication, form-encoded', async () => {
    const oauth = { clientId: 'a:b', clientSecret: 'ü +&%' };
    const emulator = await openEmulator({ oauth });
    const encode = (text: string) => new URLSearchParams({ text }).toString().slice('text='.length);
    const basic = (id: string, secret: string) => ({
      authorization: `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`,
    });
    const { client_id: _id, client_secret: _secret, ...form } = login;
    expect((await request(emulator, form, basic(oauth.clientId, oauth.clientSecret))).status).toBe(200);
    const { status, headers, body } = await request(emulator, form, basic(oauth.clientId, 'wrong'));
    expect([status, body.error]).toEqual([401, 'invalid_client']);
    expect(headers.get('www-authenticate')).toMatch(/^Basic/);
  });

  it('replaces the refresh token at each refresh', async () => {
    const emulator = await openEmulator();
    const first = (await request(emulator, login)).body;
    const second = (await refresh(emulator, first.refresh_token)).body;
    expect(await statusWith(emulator, second.access_token)).toBe(200);
    const again = await refresh(emulator, first.refresh_token);
    expect([again.status, again.body.error]).toEqual([400, 'invalid_grant']);
    expect((await refresh(emulator, second.refresh_token)).status).toBe(200);
  });

  it('refreshes for 14 days, or as long as is set', async () => {
    const emulator = await openEmulator({ oauth: { accessTokenSeconds: 1, refreshTokenSeconds: 2 } });
    const { body } = await request(emulator, login);
    expect(body.expires_in).toBe(1);
    await emulator.advanceTime(1_000);
    expect(await statusWith(emulator, body.access_token)).toBe(401);
    const next = (await refresh(emulator, body.refresh_token)).body;
    await emulator.advanceTime(2_000);
    expect((await refresh(emulator, next.refresh_token)).body.error).toBe('invalid_grant');
  });

  it.each([
    [{ ...login, password: 'wrong' }, 400, 'invalid_grant'],
    [{ ...login, client_secret: 'wrong' }, 401, 'invalid_client'],
    [{ ...login, grant_type: 'implicit' }, 400, 'unsupported_grant_type'],
    [{ ...client, grant_type: 'refresh_token' }, 400, 'invalid_grant'],
    [{ ...client, grant_type: 'authorization_code', code: 'x' }, 400, 'invalid_grant'],
  ])('refuses %j', async (form, status, error) => {
    const emulator = await openEmulator();
    const answer = await request(emulator, form);
    expect([answer.status, answer.body.error]).toEqual([status, error]);
  });

  it('refuses in the shape of Showpad’s v3 if that is assumed', async () => {
    const emulator = await openEmulator({ assumptions: { oauthErrors: 'v3' } });
    const body = new URLSearchParams({ ...login, password: 'wrong' });
    const response = await fetch(emulator.url + TOKEN, { method: 'POST', body });
    expect(await response.json()).toMatchObject({ response: { code: 400, name: 'invalid_grant' } });
  });
});

describe('the authorize page', () => {
  const redirect_uri = 'http://localhost:9/back?keep=1';
  const query = { response_type: 'code', client_id: 'client', redirect_uri, state: '"<&>' };

  it('asks, and sends back a code that works once, with its redirect_uri', async () => {
    const emulator = await openEmulator();
    const { body } = await call(emulator, 'GET', `${AUTHORIZE}?${new URLSearchParams(query)}`);
    expect(body).toContain('This is an emulator, not Showpad.');
    expect(body).not.toContain('"<&>');

    const codeOf = async (): Promise<string> => {
      const { headers } = await call(emulator, 'POST', AUTHORIZE, { form: { ...query, answer: 'allow' } });
      const back = new URL(headers.get('location') ?? '');
      expect([back.host, back.searchParams.get('keep'), back.searchParams.get('state')]).toEqual([
        'localhost:9',
        '1',
        '"<&>',
      ]);
      return back.searchParams.get('code') ?? '';
    };
    const exchange = { ...client, grant_type: 'authorization_code', redirect_uri };
    const code = await codeOf();
    expect((await request(emulator, { ...exchange, code })).body.token_type).toBe('Bearer');
    expect((await request(emulator, { ...exchange, code })).body.error).toBe('invalid_grant');
    const other = { ...exchange, code: await codeOf(), redirect_uri: 'http://localhost:9/other' };
    expect((await request(emulator, other)).body.error).toBe('invalid_grant');
    const late = { ...exchange, code: await codeOf() };
    await emulator.advanceTime(60_000);
    expect((await request(emulator, late)).body.error).toBe('invalid_grant');
  });

  it.runIf(hasBrowser)('can be answered in a browser', { timeout: BROWSER_TIMEOUT_MS }, async () => {
    const emulator = await openEmulator();
    const client = await openReceiver(200);
    const browser = await launch();
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(
      `${emulator.url}${AUTHORIZE}?${new URLSearchParams({ ...query, redirect_uri: client.url })}`,
    );
    await page.getByRole('button', { name: 'Allow' }).click();
    await expect.poll(() => client.received[0]?.url).toMatch(/^\/webhooks\/showpad\?code=[\w-]{43}&state=/);
  });

  it('sends back that the administrator denied it', async () => {
    const emulator = await openEmulator();
    const { headers } = await call(emulator, 'POST', AUTHORIZE, { form: { ...query, answer: 'deny' } });
    expect(new URL(headers.get('location') ?? '').searchParams.get('error')).toBe('access_denied');
  });

  it.each([
    { redirect_uri: 'https://example.com/' },
    { redirect_uri: 'no URL' },
    { redirect_uri: 'javascript://localhost/%0aalert(1)' },
    { redirect_uri: 'data://localhost/,x' },
    { redirect_uri: 'file://localhost/etc/passwd' },
    { client_id: 'another' },
    { response_type: 'token' },
  ])('does not redirect for %j', async (change) => {
    const emulator = await openEmulator();
    const form = { ...query, ...change, answer: 'allow' };
    const { status, headers } = await call(emulator, 'POST', AUTHORIZE, { form });
    expect([status, headers.get('location')]).toEqual([400, null]);
  });
});
