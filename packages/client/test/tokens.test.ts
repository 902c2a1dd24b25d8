import { inspect } from 'node:util';
import { createMemoryTokenStore, type TokenStore } from '@showpad-webhooks/client';
import type { Emulator } from '@showpad-webhooks/emulator';
import { describe, expect, test } from 'vitest';
import { createMany, failure, openClient, openEmulator, openServer, PASSWORD_GRANT } from './open.ts';

const OAUTH_CLIENT = { clientId: 'client', clientSecret: 'secret' } as const;
const TOKEN_REQUEST = 'POST /api/v3/oauth2/token 200';
const MINUTE_MS = 60_000;

/** The tokens of a new login, like the ones that another process would have. */
async function login(emulator: Emulator): Promise<{ accessToken: string; refreshToken: string }> {
  const store = createMemoryTokenStore();
  await openClient(emulator, { auth: PASSWORD_GRANT, tokenStore: store }).client.subscriptions.list();
  const { accessToken = '', refreshToken = '' } = (await store.get()) ?? {};
  return { accessToken, refreshToken };
}

/** The code that comes to the redirect URI when a person consents. */
async function authorize({ url }: Emulator, redirectUri: string): Promise<string> {
  const form = { response_type: 'code', client_id: 'client', redirect_uri: redirectUri, answer: 'allow' };
  const body = new URLSearchParams(form);
  const consent = await fetch(`${url}/api/v3/oauth2/authorize`, { method: 'POST', body, redirect: 'manual' });
  return new URL(consent.headers.get('location') ?? '').searchParams.get('code') ?? '';
}

describe('auth can be', () => {
  test('a personal token', async () => {
    const { client, requests } = openClient(await openEmulator());
    await client.subscriptions.list();
    expect(requests).toEqual(['GET /subscriptions 200']);
  });

  test('a user name and a password', async () => {
    const { client, requests } = openClient(await openEmulator(), { auth: PASSWORD_GRANT });
    await client.subscriptions.list();
    expect(requests).toEqual([TOKEN_REQUEST, 'GET /subscriptions 200']);
  });

  test('a refresh token', async () => {
    const emulator = await openEmulator();
    const { refreshToken } = await login(emulator);
    const auth = { type: 'refresh-token', ...OAUTH_CLIENT, refreshToken } as const;
    const { client, requests } = openClient(emulator, { auth });
    await client.subscriptions.list();
    expect(requests).toEqual([TOKEN_REQUEST, 'GET /subscriptions 200']);
  });

  test('an authorization code', async () => {
    const emulator = await openEmulator();
    const redirectUri = 'http://127.0.0.1:9/callback';
    const code = await authorize(emulator, redirectUri);
    const auth = { type: 'authorization-code', ...OAUTH_CLIENT, code, redirectUri } as const;
    const { client } = openClient(emulator, { auth });
    await client.subscriptions.list();
    await emulator.advanceTime(60 * MINUTE_MS); // The code works only once, so this needs the refresh token.
    expect(await client.subscriptions.list()).toEqual([]);
  });

  test('a function, asked for another token when one is refused', async () => {
    const emulator = await openEmulator();
    const asked: unknown[] = [];
    const auth = async ({ refused }: { refused?: string | undefined }) => {
      asked.push(refused);
      return refused === undefined ? 'stale' : emulator.accessToken;
    };
    const { client, requests } = openClient(emulator, { auth });
    await client.subscriptions.list();
    expect(asked).toEqual([undefined, 'stale']);
    expect(requests).toEqual(['GET /subscriptions 401', 'GET /subscriptions 200']);
  });
});

test('a personal token that is refused is not tried again', async () => {
  const emulator = await openEmulator();
  const { client, requests } = openClient(emulator, { auth: { type: 'personal-token', token: 'stale' } });
  expect(await failure(client.subscriptions.list())).toMatchObject({ status: 401, title: 'Unauthorized' });
  expect(requests).toHaveLength(1);
});

describe('an access token', () => {
  test('is requested once by calls at the same time, and used until 60 s before it expires', async () => {
    const emulator = await openEmulator();
    const { client, requests } = openClient(emulator, { auth: PASSWORD_GRANT });
    const tokenRequests = () => requests.filter((each) => each === TOKEN_REQUEST).length;
    await Promise.all(Array.from({ length: 5 }, () => client.subscriptions.list()));
    expect(tokenRequests()).toBe(1);
    await emulator.advanceTime(59 * MINUTE_MS - 1);
    await client.subscriptions.list();
    expect(tokenRequests()).toBe(1);
    await emulator.advanceTime(1);
    await Promise.all(Array.from({ length: 5 }, () => client.subscriptions.list()));
    expect(tokenRequests()).toBe(2);
  });

  test('that expires in the middle of a list is renewed, and the list goes on', async () => {
    const emulator = await openEmulator();
    await createMany(emulator, 4);
    const { client, requests } = openClient(emulator, { auth: PASSWORD_GRANT });
    const names: string[] = [];
    for await (const { name } of client.subscriptions.iterate({ pageSize: 2 })) {
      names.push(name);
      if (name === '2') {
        await emulator.faults.add({ api: 'subscriptions', count: 1, action: { kind: 'expired-token' } });
      }
    }
    expect(names).toEqual(['1', '2', '3', '4']);
    expect(requests).toEqual([
      TOKEN_REQUEST,
      'GET /subscriptions 200',
      'GET /subscriptions 401',
      TOKEN_REQUEST,
      'GET /subscriptions 200',
    ]);
  });

  test('is renewed after a 401 if our clock is behind and it seems valid', async () => {
    const emulator = await openEmulator();
    const stopped = emulator.now();
    const { client } = openClient({ ...emulator, now: () => stopped }, { auth: PASSWORD_GRANT });
    await client.subscriptions.list();
    await emulator.advanceTime(2 * 60 * MINUTE_MS);
    expect(await client.subscriptions.list()).toEqual([]);
  });

  test('is renewed once by calls that get a 401 at the same time', async () => {
    const emulator = await openEmulator();
    const stopped = emulator.now();
    const { client, requests } = openClient({ ...emulator, now: () => stopped }, { auth: PASSWORD_GRANT });
    await client.subscriptions.list();
    await emulator.advanceTime(2 * 60 * MINUTE_MS);
    await Promise.all(Array.from({ length: 5 }, () => client.subscriptions.list()));
    expect(requests.filter((each) => each === TOKEN_REQUEST)).toHaveLength(2);
  });

  test('that is refused once more after its renewal is an error', async () => {
    const emulator = await openEmulator();
    await emulator.faults.add({ api: 'subscriptions', action: { kind: 'expired-token' } });
    const { client, requests } = openClient(emulator, { auth: PASSWORD_GRANT });
    expect(await failure(client.subscriptions.list())).toHaveProperty('status', 401);
    expect(requests.filter((each) => each === 'GET /subscriptions 401')).toHaveLength(2);
  });
});

describe('a refresh token', () => {
  test('is replaced at each use, and the next one saved before the new access token is used', async () => {
    const emulator = await openEmulator();
    const first = await login(emulator);
    const order: string[] = [];
    const memory = createMemoryTokenStore();
    const tokenStore: TokenStore = {
      get: () => memory.get(),
      async set(tokens) {
        await new Promise((resolve) => setImmediate(resolve));
        await memory.set(tokens);
        order.push('saved');
      },
    };
    const hooks = { onResponse: ({ path }: { path: string }) => void order.push(path) };
    const auth = { type: 'refresh-token', ...OAUTH_CLIENT, refreshToken: first.refreshToken } as const;
    const { client } = openClient(emulator, { auth, tokenStore, hooks });
    const refreshTokens = new Set([first.refreshToken]);
    for (let use = 0; use < 3; use++) {
      await client.subscriptions.list();
      refreshTokens.add((await memory.get())?.refreshToken ?? '');
      await emulator.advanceTime(60 * MINUTE_MS);
    }
    expect(refreshTokens.size).toBe(4);
    const round = ['/api/v3/oauth2/token', 'saved', '/subscriptions'];
    expect(order).toEqual([...round, ...round, ...round]);
  });

  test('in the store is used before the configured one, which was used already', async () => {
    const emulator = await openEmulator();
    const { refreshToken } = await login(emulator);
    const auth = { type: 'refresh-token', ...OAUTH_CLIENT, refreshToken } as const;
    const tokenStore = createMemoryTokenStore();
    await openClient(emulator, { auth, tokenStore }).client.subscriptions.list();
    await emulator.advanceTime(60 * MINUTE_MS);
    expect(await openClient(emulator, { auth, tokenStore }).client.subscriptions.list()).toEqual([]);
  });

  test('that has expired is replaced by the password', async () => {
    const emulator = await openEmulator();
    const { client, requests } = openClient(emulator, { auth: PASSWORD_GRANT });
    await client.subscriptions.list();
    await emulator.advanceTime(15 * 24 * 60 * MINUTE_MS);
    await client.subscriptions.list();
    expect(requests.slice(2)).toEqual([
      'POST /api/v3/oauth2/token 400',
      TOKEN_REQUEST,
      'GET /subscriptions 200',
    ]);
  });

  test('that has expired, with nothing to replace it, is an error that says so', async () => {
    const emulator = await openEmulator({ assumptions: { oauthErrors: 'v3' } });
    const auth = { type: 'refresh-token', ...OAUTH_CLIENT, refreshToken: 'spent-long-ago' } as const;
    const error = await failure(openClient(emulator, { auth }).client.subscriptions.list());
    expect(error).toMatchObject({
      status: 400,
      code: 'HTTP_ERROR',
      showpadCode: 'invalid_grant',
      detail: 'The refresh token is unknown, was used before, or has expired.',
    });
  });

  test('is not used if another process has renewed already', async () => {
    const emulator = await openEmulator();
    const tokenStore = createMemoryTokenStore();
    const { client, requests } = openClient(emulator, { auth: PASSWORD_GRANT, tokenStore });
    await client.subscriptions.list();
    await tokenStore.set({ ...(await login(emulator)), expiresAtMs: emulator.now() + 60 * MINUTE_MS });
    await emulator.faults.add({ api: 'subscriptions', count: 1, action: { kind: 'expired-token' } });
    await client.subscriptions.list();
    expect(requests.slice(2)).toEqual(['GET /subscriptions 401', 'GET /subscriptions 200']);
  });

  test('that could not be saved is kept, and saved before the next call', async () => {
    const emulator = await openEmulator();
    const { refreshToken } = await login(emulator);
    const memory = createMemoryTokenStore();
    let isFull = true;
    const tokenStore: TokenStore = {
      get: () => memory.get(),
      async set(tokens) {
        if (isFull) throw new Error('the disk is full');
        await memory.set(tokens);
      },
    };
    const auth = { type: 'refresh-token', ...OAUTH_CLIENT, refreshToken } as const;
    const { client, requests } = openClient(emulator, { auth, tokenStore });
    const error = await failure(client.subscriptions.list());
    expect(error).toMatchObject({ code: 'TOKENS_NOT_SAVED', cause: { message: 'the disk is full' } });
    isFull = false;
    expect(await client.subscriptions.list()).toEqual([]);
    expect(requests).toEqual([TOKEN_REQUEST, 'GET /subscriptions 200']);
    expect(await memory.get()).toHaveProperty('refreshToken');
  });
});

describe('the response to a grant', () => {
  const NOW_MS = 1_000_000_000_000;

  /** The tokens that a client saves for a response. */
  async function saved(answer: object): Promise<unknown> {
    const server = await openServer((req, res) =>
      res.end(req.method === 'POST' ? JSON.stringify(answer) : '[]'),
    );
    const tokenStore = createMemoryTokenStore();
    const auth = { type: 'refresh-token', ...OAUTH_CLIENT, refreshToken: 'the-old-one' } as const;
    await openClient({ ...server, now: () => NOW_MS }, { auth, tokenStore }).client.subscriptions.list();
    return tokenStore.get();
  }

  test('is kept with the time at which it expires', async () => {
    const answer = { access_token: 'new', refresh_token: 'the-next', expires_in: 60 };
    const expiresAtMs = NOW_MS + 60_000;
    expect(await saved(answer)).toEqual({ accessToken: 'new', refreshToken: 'the-next', expiresAtMs });
  });

  test('with neither a lifetime nor a refresh token lasts an hour, and the old refresh token stays', async () => {
    const expiresAtMs = NOW_MS + 60 * MINUTE_MS;
    const expected = { accessToken: 'new', refreshToken: 'the-old-one', expiresAtMs };
    expect(await saved({ access_token: 'new' })).toEqual(expected);
  });

  test.each([
    ['no access token', { token: 'x' }],
    ['an access token that is not text', { access_token: 7 }],
    ['an access token that no header can contain', { access_token: 'the-new-token\n' }],
  ])('with %s is an error that does not quote it', async (_title, answer) => {
    const error = await failure(saved(answer));
    expect(error).toMatchObject({ code: 'UNEXPECTED_RESPONSE' });
    expect(error.message).toBe('The token response has no access_token that can be used.');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('the-new-token');
  });
});

test('a request for a token is tried again like a read', async () => {
  const emulator = await openEmulator();
  await emulator.faults.add({ api: 'oauth', count: 1, action: { kind: 'rate-limit', retryAfterSeconds: 2 } });
  await emulator.faults.add({ api: 'oauth', count: 2, action: { kind: 'server-error' } });
  const { client, waits } = openClient(emulator, { auth: PASSWORD_GRANT });
  expect(await client.subscriptions.list()).toEqual([]);
  expect(waits).toEqual([2_000, 500]);
});

test('a token whose response was lost is requested again', async () => {
  const emulator = await openEmulator();
  await emulator.faults.add({ api: 'oauth', count: 1, action: { kind: 'lost-answer' } });
  const { client } = openClient(emulator, { auth: PASSWORD_GRANT });
  expect(await client.subscriptions.list()).toEqual([]);
});

describe('clients that share a token store', () => {
  test('use every refresh token once if its lock lets in one at a time', async () => {
    const emulator = await openEmulator();
    const { refreshToken } = await login(emulator);
    const auth = { type: 'refresh-token', ...OAUTH_CLIENT, refreshToken } as const;
    const tokenStore = createMemoryTokenStore();
    const clients = [1, 2, 3].map(() => openClient(emulator, { auth, tokenStore }));
    for (let round = 0; round < 3; round++) {
      await Promise.all(clients.map(({ client }) => client.subscriptions.list()));
      await emulator.advanceTime(60 * MINUTE_MS);
    }
    const requests = clients.flatMap((each) => each.requests);
    expect(requests.filter((each) => each === TOKEN_REQUEST)).toHaveLength(3);
    expect(requests.filter((each) => each === 'GET /subscriptions 200')).toHaveLength(9);
    expect(requests).toHaveLength(12);
  });

  test('do not overwrite newer tokens after they were frozen for longer than their lock', async () => {
    const held: (() => void)[] = [];
    const used: (string | undefined)[] = [];
    let isHeld = () => {};
    const whenHeld = new Promise<void>((resolve) => {
      isHeld = resolve;
    });
    const server = await openServer((req, res) => {
      used.push(req.headers.authorization);
      if (req.method === 'GET') return void res.end('[]');
      const tokens = held.length === 0 ? 'frozen' : 'newer';
      const answer = () => void res.end(JSON.stringify({ access_token: tokens, refresh_token: tokens }));
      if (tokens === 'newer') return answer();
      held.push(answer);
      isHeld();
    });
    const { get, set } = createMemoryTokenStore(); // Without its lock, as after the lock has ended by itself.
    const open = (nowMs: number) =>
      openClient({ ...server, now: () => nowMs }, { auth: PASSWORD_GRANT, tokenStore: { get, set } }).client;
    const frozen = open(1_000).subscriptions.list();
    await whenHeld;
    await open(60_000).subscriptions.list();
    held[0]?.();
    await frozen;
    expect(await get()).toMatchObject({ accessToken: 'newer', refreshToken: 'newer' });
    expect(used.slice(-1)).toEqual(['Bearer newer']);
  });

  test('are not stopped by the failure of another one', async () => {
    const { lock } = createMemoryTokenStore();
    const failing = lock?.(() => Promise.reject(new Error('refused')));
    const next = lock?.(async () => 'in');
    await expect(failing).rejects.toThrow('refused');
    expect(await next).toBe('in');
  });
});
