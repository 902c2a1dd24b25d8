import { inspect } from 'node:util';
import { CreatedSubscription, createMemoryTokenStore, ShowpadApiError } from '@showpad-webhooks/client';
import { describe, expect, test } from 'vitest';
import { failure, INPUT, openClient, openEmulator, openServer, PASSWORD_GRANT } from './open.ts';

/** The error of a read that was answered so. */
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
      title: 'Too many',
      detail: 'At most 10 subscriptions.',
      code: 'https://errors.example/limit',
    });
    expect(error.meta).toEqual([{ name: 'types', reason: 'is too long.', category: 'validation' }]);
  });

  test('a v3 envelope', async () => {
    const envelope = { response: { code: 403, name: 'Forbidden', message: 'No administrator.' } };
    const error = await errorOf(403, 'application/json', JSON.stringify(envelope));
    expect(error).toMatchObject({ code: 'Forbidden', title: 'Forbidden', detail: 'No administrator.' });
    expect(error.message).toBe('GET /subscriptions was answered 403, Forbidden: No administrator.');
  });

  test('an OAuth error', async () => {
    const auth = { ...PASSWORD_GRANT, password: 'wrong' };
    const error = await failure(openClient(await openEmulator(), { auth }).client.subscriptions.list());
    expect(error).toMatchObject({ status: 400, code: 'invalid_grant', title: 'invalid_grant' });
    expect(error.detail).toBe('The user name or the password is wrong.');
  });

  test('a proxy’s HTML page by its title alone', async () => {
    const page = `<!DOCTYPE html><html><head><title>502\n Bad Gateway</title></head>${'<p>x</p>'.repeat(999)}</html>`;
    const error = await errorOf(502, 'text/html', page);
    expect(error).toMatchObject({ status: 502, title: 'HTTP 502', code: 'HTTP_502' });
    expect(error.detail).toBe(
      'An HTML page titled "502 Bad Gateway": a proxy or a gateway answers, and not the API.',
    );
    expect(inspect(error)).not.toContain('<p>');
  });

  test('text, and no more of it than tells what it is', async () => {
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
    expect(await errorOf(404, 'application/json', body)).toMatchObject({ status: 404, code: 'HTTP_404' });
  });
});

test('a success without JSON is an error that does not quote it', async () => {
  const error = await errorOf(200, 'text/html', '<html>Please log in</html>');
  expect(error).toMatchObject({ status: 200, code: 'UNEXPECTED_ANSWER' });
  expect(inspect(error)).not.toContain('log in');
});

test('a redirect is not followed, since a create would become a list', async () => {
  const server = await openServer((_req, res) => res.writeHead(302, { location: '/elsewhere' }).end());
  const { client, requests } = openClient(server);
  const error = await failure(client.subscriptions.create(INPUT));
  expect(error).toMatchObject({ code: 'REDIRECTED', status: 302 });
  expect(requests).toHaveLength(1);
});

test('a server that is not there is a NETWORK error with its cause', async () => {
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

  test('that a server echoes in a page’s title are not in the error', async () => {
    const server = await openServer((_req, res) =>
      res.writeHead(500, { 'content-type': 'text/html' }).end(`<title>${secrets.token}</title>`),
    );
    const auth = { type: 'personal-token', token: secrets.token } as const;
    const error = await failure(openClient(server, { auth, retry: false }).client.subscriptions.list());
    expect(error.detail).toContain('[redacted]');
    expect(shown(error)).not.toContain(secrets.token);
  });

  test('are in no client', async () => {
    const emulator = await openEmulator();
    const tokenStore = createMemoryTokenStore();
    const { client } = openClient(emulator, { auth: PASSWORD_GRANT, tokenStore });
    await client.subscriptions.list();
    const { accessToken = '' } = (await tokenStore.get()) ?? {};
    expect(accessToken).not.toBe('');
    expect(shown(client)).not.toContain(accessToken);
    expect(shown(client)).not.toContain(PASSWORD_GRANT.clientSecret);
  });

  test('a token that no header can hold is refused without being quoted', async () => {
    const emulator = await openEmulator();
    const { client } = openClient(emulator, { auth: () => 'a-token-with-a-newline\n' });
    const error: unknown = await client.subscriptions.list().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect(shown(error)).not.toContain('a-token-with-a-newline');
  });

  test('a new key is read by its name, and shows nowhere else', async () => {
    const { client } = openClient(await openEmulator());
    const created = await client.subscriptions.create(INPUT);
    expect(created).toBeInstanceOf(CreatedSubscription);
    expect(created.signatureKey).not.toBe('');
    expect(shown(created)).toContain(INPUT.url);
    expect(shown(created)).not.toContain(created.signatureKey);
  });
});

test('isInstance knows the error of another copy of the package, and nothing else', async () => {
  const error = await errorOf(404, 'text/plain', '');
  const marker = Symbol.for('@showpad-webhooks/client/ShowpadApiError');
  expect(ShowpadApiError.isInstance(error)).toBe(true);
  expect(ShowpadApiError.isInstance(Object.assign(new Error(), { [marker]: true }))).toBe(true);
  for (const other of [new Error(), null, undefined, 'text', {}])
    expect(ShowpadApiError.isInstance(other)).toBe(false);
});
