import { inspect } from 'node:util';
import { createMemoryTokenStore, ShowpadApiError } from '@showpad-webhooks/client';
import { describe, expect, test } from 'vitest';
import { failure, INPUT, openClient, openEmulator, openServer, PASSWORD_GRANT } from './open.ts';

/** The error of a list that was answered like this. */
async function errorOf(status: number, contentType: string, body: string): Promise<ShowpadApiError> {
  const server = await openServer((_req, res) =>
    res.writeHead(status, { 'content-type': contentType }).end(body),
  );
  return failure(openClient(server, { retry: false }).client.subscriptions.list());
}

describe('an error reads', () => {
  test('a v4 problem', async () => {
    const problem = {
      type: 'https://errors.example/limit',
      title: 'Too many',
      detail: 'At most 10 subscriptions.',
      meta: [{ name: 'types', reason: 'is too long.', category: 'validation', hint: 7 }, 'and more'],
    };
    const error = await errorOf(422, 'application/problem+json', JSON.stringify(problem));
    expect(error).toMatchObject({
      status: 422,
      code: 'HTTP_ERROR',
      showpadCode: 'https://errors.example/limit',
      title: 'Too many',
      detail: 'At most 10 subscriptions.',
      message: 'GET /subscriptions was answered with 422 (Too many): At most 10 subscriptions.',
      hint: 'Check these fields: types is too long.',
    });
    expect(error.meta).toEqual([{ name: 'types', reason: 'is too long.', category: 'validation' }]);
  });

  test('a v3 envelope', async () => {
    const envelope = { response: { code: 403, name: 'Forbidden', message: 'No administrator.' } };
    const error = await errorOf(403, 'application/json', JSON.stringify(envelope));
    expect(error).toMatchObject({
      code: 'HTTP_ERROR',
      showpadCode: 'Forbidden',
      title: 'Forbidden',
      detail: 'No administrator.',
      message: 'GET /subscriptions was answered with 403 (Forbidden): No administrator.',
      hint: 'Webhooks need an administrator and a plan that includes them. Check both for the user of this token.',
    });
  });

  test('an OAuth error', async () => {
    const auth = { ...PASSWORD_GRANT, password: 'wrong' };
    const error = await failure(openClient(await openEmulator(), { auth }).client.subscriptions.list());
    expect(error).toMatchObject({
      status: 400,
      code: 'HTTP_ERROR',
      showpadCode: 'invalid_grant',
      title: 'invalid_grant',
      detail: 'The user name or the password is wrong.',
    });
    expect(error.hint).toMatch(/^Check the credentials in the auth option/);
  });

  test('only the title of a proxy’s HTML page', async () => {
    const page = `<!DOCTYPE html><html><head><title>502\n Bad Gateway</title></head>${'<p>x</p>'.repeat(999)}</html>`;
    const error = await errorOf(502, 'text/html', page);
    expect(error).toMatchObject({
      status: 502,
      code: 'HTTP_ERROR',
      title: '502 Bad Gateway',
      detail: undefined,
      message: 'GET /subscriptions was answered with 502 (502 Bad Gateway).',
      hint: 'The response is an HTML page, so it is probably from a proxy. Check the base URL, or try again later.',
    });
    expect(inspect(error)).not.toContain('<p>');
  });

  test('text, but only the beginning of it', async () => {
    const error = await errorOf(500, 'text/plain', `upstream\n  timed out ${'x'.repeat(9_999)}`);
    expect(error.detail).toMatch(/^upstream timed out x+…$/);
    expect(error.message.length).toBeLessThan(700);
  });

  test.each([
    ['nothing', ''],
    ['null', 'null'],
    ['a number', '7'],
    ['fields of other types', '{"title":7,"detail":{},"meta":[null],"error":{}}'],
  ])('%s', async (_title, body) => {
    expect(await errorOf(404, 'application/json', body)).toMatchObject({
      status: 404,
      code: 'HTTP_ERROR',
      showpadCode: undefined,
      title: undefined,
      meta: [],
      hint: 'Check the id, and the URL in the options.',
    });
  });
});

test('what a server says has no control characters and no half of a character', async () => {
  const text = `\u001b[2J\u009b\u202e\u2028${'x'.repeat(493)}🥓`;
  const shown = `\\u001b[2J\\u009b\\u202e\\u2028${'x'.repeat(493)}…`;
  const meta = [{ name: '\u009b2J', reason: 'is\nwrong' }];
  const error = await errorOf(
    400,
    'application/json',
    JSON.stringify({ title: '\u202ea', detail: text, meta }),
  );
  expect(error).toMatchObject({
    title: '\\u202ea',
    detail: shown,
    meta: [{ name: '\\u009b2J', reason: 'is\\nwrong' }],
    message: `GET /subscriptions was answered with 400 (\\u202ea): ${shown}`,
    hint: 'Check these fields: \\u009b2J is\\nwrong.',
  });
  const server = await openServer((_req, res) =>
    res.end('{"id":"\\u009b2J","types":[],"url":"","\\u202e":1}'),
  );
  expect(await failure(openClient(server).client.subscriptions.create(INPUT))).toMatchObject({
    code: 'KEY_LOST',
    message: 'Subscription \\u009b2J was created, but the response has no signature key.',
    hint: expect.stringContaining('types, \\u202e, name'),
  });
});

test('a success without JSON is an error that does not quote the response', async () => {
  const error = await errorOf(200, 'text/html', '<html>Please log in</html>');
  expect(error).toMatchObject({ status: 200, code: 'UNEXPECTED_RESPONSE' });
  expect(inspect(error)).not.toContain('log in');
});

test('a redirect is not followed, because a create would become a list', async () => {
  const server = await openServer((_req, res) => res.writeHead(302, { location: '/elsewhere' }).end());
  const { client, requests } = openClient(server);
  const error = await failure(client.subscriptions.create(INPUT));
  expect(error).toMatchObject({ code: 'REDIRECTED', status: 302 });
  expect(requests).toHaveLength(1);
});

test('a server that is down is a NETWORK error with its cause', async () => {
  const emulator = await openEmulator();
  await emulator.close();
  const error = await failure(openClient(emulator, { auth: PASSWORD_GRANT }).client.subscriptions.list());
  expect(error).toMatchObject({ code: 'NETWORK', status: undefined, cause: expect.any(Error) });
});

describe('secrets', () => {
  const secrets = {
    clientSecret: 'the-client-secret-of-this-test',
    password: 'the-p@ssword of this test',
    token: 'the-personal-token-of-this-test',
  };
  const shown = (value: unknown) =>
    `${inspect(value, { depth: 9, showHidden: true })}${JSON.stringify(value)}${value}`;

  test('that a server echoes are not in the error', async () => {
    const server = await openServer(async (req, res) => {
      let body = '';
      for await (const chunk of req) body += chunk;
      const echo = `${req.headers.authorization} ${body.replaceAll('+', '%20')} ${secrets.password} ${secrets.clientSecret}`;
      const meta = [{ name: echo, reason: echo }];
      res.writeHead(400).end(JSON.stringify({ title: echo, detail: echo, type: echo, meta }));
    });
    const personal = { type: 'personal-token', token: secrets.token } as const;
    const grant = { ...PASSWORD_GRANT, clientSecret: secrets.clientSecret, password: secrets.password };
    const error = await failure(openClient(server, { auth: personal }).client.subscriptions.list());
    expect(error.detail).toContain('Bearer [redacted]');
    expect(shown(error)).not.toContain(secrets.token);
    const refused = shown(await failure(openClient(server, { auth: grant }).client.subscriptions.list()));
    expect(refused).not.toContain(secrets.clientSecret);
    expect(refused).not.toContain(secrets.password);
    expect(refused).not.toContain(encodeURIComponent(secrets.password));
    expect(refused).toContain('grant_type=password');
  });

  test('that a server echoes in the title of a page are not in the error', async () => {
    const server = await openServer((_req, res) =>
      res.writeHead(500, { 'content-type': 'text/html' }).end(`<title>${secrets.token}</title>`),
    );
    const auth = { type: 'personal-token', token: secrets.token } as const;
    const error = await failure(openClient(server, { auth, retry: false }).client.subscriptions.list());
    expect(error.title).toBe('[redacted]');
    expect(shown(error)).not.toContain(secrets.token);
  });

  test('do not show in a client', async () => {
    const emulator = await openEmulator();
    const tokenStore = createMemoryTokenStore();
    const { client } = openClient(emulator, { auth: PASSWORD_GRANT, tokenStore });
    await client.subscriptions.list();
    const { accessToken = '' } = (await tokenStore.get()) ?? {};
    expect(accessToken).not.toBe('');
    expect(shown(client)).not.toContain(accessToken);
    expect(shown(client)).not.toContain(PASSWORD_GRANT.clientSecret);
  });

  test('a token that no header can contain is refused and not quoted', async () => {
    const emulator = await openEmulator();
    const { client } = openClient(emulator, { auth: () => 'a-token-with-a-newline\n' });
    const error: unknown = await client.subscriptions.list().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect(shown(error)).not.toContain('a-token-with-a-newline');
  });

  test('a new key can be read by its name, and shows nowhere else', async () => {
    const { client } = openClient(await openEmulator());
    const created = await client.subscriptions.create(INPUT);
    expect(created.signatureKey).not.toBe('');
    expect(shown(created)).toContain(INPUT.url);
    expect(shown(created)).not.toContain(created.signatureKey);
  });
});

test('isInstance recognises the error of another copy of the package, and nothing else', async () => {
  const error = await errorOf(404, 'text/plain', '');
  const marker = Symbol.for('@showpad-webhooks/client/ShowpadApiError');
  expect(ShowpadApiError.isInstance(error)).toBe(true);
  expect(ShowpadApiError.isInstance(Object.assign(new Error(), { [marker]: true }))).toBe(true);
  for (const other of [new Error(), null, undefined, 'text', {}])
    expect(ShowpadApiError.isInstance(other)).toBe(false);
});
