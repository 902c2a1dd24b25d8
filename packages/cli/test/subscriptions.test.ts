import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createEmulator, type Emulator } from '@showpad-webhooks/emulator';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Finished, openFolder, runCommand, startCommand, valuesOf } from './command.ts';
import { closedUrl, openEndpoint, openServer } from './open-endpoint.ts';

const TYPE = 'shared-space-created';
const URL = 'http://127.0.0.1:9/webhooks/showpad';
const ROOT = '/webhooks/showpad';
const CREATE = ['create', '--name', 'CRM', '--type', TYPE, '--url', URL];

interface Account {
  readonly emulator: Emulator;
  readonly env: Readonly<Record<string, string>>;
  /** Runs `subscriptions …` of the account, with `--json`. */
  readonly run: (...args: readonly string[]) => Promise<Finished>;
}

async function openAccount(): Promise<Account> {
  const emulator = await createEmulator();
  onTestFinished(() => emulator.close());
  const env = {
    SHOWPAD_BASE_URL: `${emulator.url}/webhooks/v1`,
    SHOWPAD_TOKEN: emulator.accessToken,
    XDG_CONFIG_HOME: openFolder(),
  };
  return { emulator, env, run: (...args) => runCommand(['subscriptions', ...args, '--json'], { env }) };
}

describe('subscriptions', () => {
  test('are created, and the key is shown', async () => {
    const { run, emulator } = await openAccount();
    const [created] = valuesOf<Record<string, unknown>>(
      await run(...CREATE, '--header', 'x-subscription: a: b'),
    );
    expect(created).toMatchObject({ name: 'CRM', types: [TYPE], url: URL, method: 'POST' });
    expect(created?.signatureKey).toMatch(/^\S{40,}$/);
    const [subscription] = await emulator.subscriptions.list();
    expect(subscription?.headers).toEqual([{ name: 'x-subscription', value: 'a: b' }]);
  });

  test('are created with the key in a file that only its owner can read, and not shown', async () => {
    const { emulator, env, run } = await openAccount();
    const folder = join(openFolder(), 'keys');
    const { stdout } = await run(...CREATE, '--save-key', folder);
    const [{ id, file } = { id: '', file: '' }] = valuesOf<{ id: string; file: string }>({ stdout });
    expect(file).toBe(join(folder, `${id}.key`));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(stdout).not.toContain(readFileSync(file, 'utf8').trim());
    // The key of the file is the key that deliveries are signed with.
    const { url, received } = await openEndpoint();
    await emulator.subscriptions.update(id, { url });
    await emulator.trigger(TYPE);
    await emulator.waitForDelivery();
    const [delivery] = received;
    const given = ['verify', '--body', '-', '--key', `@${file}`];
    const timestamp = ['--timestamp', String(delivery?.headers['x-showpad-signature-timestamp'])];
    const signature = ['--signature', String(delivery?.headers['x-showpad-signature-v1'])];
    const verified = await runCommand([...given, ...timestamp, ...signature], {
      input: delivery?.body ?? '',
      env,
    });
    expect(verified).toMatchObject({ exitCode: 0 });
  });

  test('are listed, shown, changed and deleted', async () => {
    const { run, env, emulator } = await openAccount();
    await run(...CREATE);
    const [{ id } = { id: '' }] = await emulator.subscriptions.list();
    const listed = await runCommand(['subscriptions', 'list'], { env });
    expect(listed.stdout).toBe(`${id}  CRM  POST ${URL}  ${TYPE}\n`);
    expect(valuesOf(await run('get', id))).toMatchObject([{ id, name: 'CRM' }]);
    expect(valuesOf(await run('update', id, '--name', 'Sales'))).toMatchObject([
      { id, name: 'Sales', url: URL },
    ]);
    expect(valuesOf(await run('delete', id))).toEqual([{ id, isDeleted: true }]);
    expect(await emulator.subscriptions.list()).toEqual([]);
    const gone = await run('get', id);
    expect(gone).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining('with 404 (Not found)'),
    });
  });

  test('logs are shown, and followed until it is stopped', async () => {
    const { emulator, env, run } = await openAccount();
    const { url } = await openEndpoint(200);
    const { id } = await emulator.subscriptions.create({ name: 'CRM', types: [TYPE], url });
    await emulator.trigger(TYPE);
    await emulator.waitForDelivery();
    expect(valuesOf(await run('logs', id))).toMatchObject([{ statusCode: 200, attempt: 1, type: TYPE }]);

    const following = ['subscriptions', 'logs', id, '--follow', '--interval-seconds', '1', '--json'];
    const running = startCommand(following, env);
    const first = JSON.parse(await running.nextLine());
    await emulator.trigger(TYPE);
    const second = JSON.parse(await running.nextLine());
    expect(second.eventId).not.toBe(first.eventId);
    running.stop();
    expect(await running.exitCode).toBe(0);
    expect(await running.stderr).toBe('');
  });

  test.each([
    ['lines', []],
    ['JSON', ['--json']],
  ])('show no control character of the API, as %s', async (_title, flags) => {
    const hostile = 'a\u009b2J\u001b]0;x\u202e\u2066';
    const fields = { name: hostile, types: [hostile], type: hostile, attempt: hostile, statusCode: hostile };
    const items = [{ id: '1', method: 'POST', endpoint: 'http://127.0.0.1/', requestedAt: 7, ...fields }];
    const url = await openServer((req, res) => {
      const isList = [`${ROOT}/subscriptions`, `${ROOT}/subscriptions/1/logs`].includes(`${req.url}`);
      const answer = isList ? items : { title: hostile, detail: hostile };
      res.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    for (const args of [['list'], ['logs', '1'], ['get', 'none']]) {
      const account = ['--base-url', url, '--token', 'a-token'];
      const { stdout, stderr } = await runCommand(['subscriptions', ...args, ...account, ...flags]);
      expect(stdout + stderr).toContain('2J');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2066]/);
    }
  });

  test('sync says what it would do, does it, and deletes only with --prune', async () => {
    const { run, emulator, env } = await openAccount();
    await emulator.subscriptions.create({ name: 'CRM', types: ['other'], url: URL });
    await emulator.subscriptions.create({ name: 'old', types: ['other'], url: URL });
    const folder = openFolder();
    const file = join(folder, 'wanted.json');
    const keys = join(folder, 'keys');
    const wanted = [
      { name: 'CRM', types: [TYPE], url: URL },
      { name: 'new', types: [TYPE], url: URL },
    ];
    writeFileSync(file, JSON.stringify(wanted));
    const actions = async (...flags: readonly string[]) => {
      const steps = valuesOf<{ action: string; name: string }>(await run('sync', `@${file}`, ...flags));
      return steps.map(({ action, name }) => `${action} ${name}`);
    };
    expect(await actions('--dry-run')).toEqual(['create new', 'update CRM', 'ignore old']);
    expect(await emulator.subscriptions.list()).toHaveLength(2);
    const prune = { ...env, SHOWPAD_PRUNE: '1' };
    await runCommand(['subscriptions', 'sync', `@${file}`, '--save-keys', keys], { env: prune });
    expect((await emulator.subscriptions.list()).map(({ name }) => name)).toContain('old');
    expect(await actions('--prune', '--save-keys', keys)).toEqual(['keep CRM', 'keep new', 'delete old']);
    expect((await emulator.subscriptions.list()).map(({ name }) => name).toSorted()).toEqual(['CRM', 'new']);
    expect(readdirSync(keys)).toHaveLength(1);
    expect(await actions('--save-keys', keys)).toEqual(['keep CRM', 'keep new']);
  });
});

test.each([
  ['create', [...CREATE, '--save-key']],
  ['sync', ['sync', JSON.stringify([{ name: 'CRM', types: [TYPE], url: URL }]), '--save-keys']],
] as const)('subscriptions %s says what to do if a new key cannot be saved', async (_title, args) => {
  const { env, emulator } = await openAccount();
  const folder = join(openFolder(), 'keys');
  // The folder was there when it was tried, and is gone when Showpad answers.
  const url = await openServer(async (req, res) => {
    const { method = 'GET' } = req;
    const headers = { authorization: String(req.headers.authorization), 'content-type': 'application/json' };
    const body = method === 'GET' ? null : new Uint8Array(await buffer(req));
    if (method === 'POST') {
      rmSync(folder, { recursive: true });
      writeFileSync(folder, '');
    }
    const response = await fetch(`${emulator.url}/webhooks/v1${req.url}`, { method, headers, body });
    res.writeHead(response.status, { 'content-type': 'application/json' }).end(await response.text());
  });
  const { origin } = new globalThis.URL(url);
  const finished = await runCommand(['subscriptions', ...args, folder], {
    env: { ...env, SHOWPAD_BASE_URL: origin },
  });
  const [{ id } = { id: '' }] = await emulator.subscriptions.list();
  expect(finished).toMatchObject({ exitCode: 1, stdout: '' });
  expect(finished.stderr).toMatch(/^error: The key of "CRM" could not be saved \(E[A-Z]+: .*\)\.\n/);
  expect(finished.stderr).toContain(`Run "subscriptions delete ${id}"`);
});

describe('an account', () => {
  test('is kept by login, used without flags, shown by whoami, and forgotten by logout', async () => {
    const { emulator, env } = await openAccount();
    const { SHOWPAD_TOKEN: input = '', SHOWPAD_BASE_URL: baseUrl = '', ...home } = env;
    const login = await runCommand(['login', '--base-url', baseUrl, '--token', '-', '--json'], {
      input,
      env: home,
    });
    const [{ file } = { file: '' }] = valuesOf<{ file: string }>(login);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(login.stdout).not.toContain(emulator.accessToken);
    expect(await runCommand(['subscriptions', 'list'], { env: home })).toMatchObject({ exitCode: 0 });
    expect((await runCommand(['whoami'], { env: home })).stdout).toBe(
      `The account is ${baseUrl}, and its token is accepted.\n`,
    );
    await runCommand(['logout'], { env: home });
    expect(existsSync(file)).toBe(false);
    expect(await runCommand(['whoami'], { env: home })).toMatchObject({ exitCode: 3 });
  });

  test('is not kept if its token is refused, and the token is not shown', async () => {
    const { env } = await openAccount();
    const login = await runCommand(['login', '--token', 'not-a-token'], { env });
    expect(login).toMatchObject({ exitCode: 3, stdout: '' });
    expect(login.stderr).not.toContain('not-a-token');
    expect(readdirSync(env.XDG_CONFIG_HOME ?? '')).toEqual([]);
  });

  test('has its token sent to nobody else', async () => {
    const { env } = await openAccount();
    const { SHOWPAD_TOKEN: input = '', SHOWPAD_BASE_URL: _, ...home } = env;
    const own = ['--base-url', env.SHOWPAD_BASE_URL ?? ''];
    await runCommand(['login', ...own, '--token', '-'], { input, env: home });
    const { url, received } = await openEndpoint();
    const elsewhere = await runCommand(['subscriptions', 'list', '--base-url', url], { env: home });
    expect(elsewhere).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('There is no token for'),
    });
    expect(received).toEqual([]);
    expect(await runCommand(['subscriptions', 'list', ...own], { env: home })).toMatchObject({ exitCode: 0 });
  });

  test.runIf(process.platform !== 'win32')('that others can read or change is not used', async () => {
    const { env } = await openAccount();
    const { SHOWPAD_TOKEN: input = '', ...home } = env;
    const login = await runCommand(['login', '--token', '-', '--json'], { input, env: home });
    const [{ file } = { file: '' }] = valuesOf<{ file: string }>(login);
    for (const [mode, isUsed] of [
      [0o666, false],
      [0o620, false],
      [0o604, false],
      [0o600, true],
    ] as const) {
      chmodSync(file, mode);
      const { exitCode, stderr } = await runCommand(['whoami'], { env: home });
      expect({ mode, exitCode }).toEqual({ mode, exitCode: isUsed ? 0 : 3 });
      if (!isUsed) expect(stderr).toContain(`The file "${file}" is open to other users of this machine`);
    }
  });

  test('that is broken is reported with its file, and not with what is in it', async () => {
    const { env } = await openAccount();
    const { SHOWPAD_TOKEN: input = '', ...home } = env;
    const login = await runCommand(['login', '--token', '-', '--json'], { input, env: home });
    const [{ file } = { file: '' }] = valuesOf<{ file: string }>(login);
    writeFileSync(file, '{"token":"a-secret"');
    const { exitCode, stderr } = await runCommand(['whoami'], {
      env: { XDG_CONFIG_HOME: home.XDG_CONFIG_HOME },
    });
    expect(exitCode).toBe(3);
    expect(stderr).toContain(file);
    expect(stderr).not.toContain('a-secret');
  });
});

test('subscriptions exits with 3 without a token, and with 3 for one that is refused', async () => {
  const { env } = await openAccount();
  const { SHOWPAD_TOKEN: _, ...anonymous } = env;
  expect(await runCommand(['subscriptions', 'list'], { env: anonymous })).toMatchObject({ exitCode: 3 });
  const refused = await runCommand(['subscriptions', 'list'], { env: { ...env, SHOWPAD_TOKEN: 'x' } });
  expect(refused).toMatchObject({ exitCode: 3, stdout: '', stderr: expect.stringContaining('error: ') });
});

test.each([
  ['create without a name', ['create', '--type', TYPE, '--url', URL], 2, 'Pass --name, --type and --url'],
  ['create for no method', [...CREATE, '--method', 'PUT'], 2, 'POST, GET'],
  ['create with no header', [...CREATE, '--header', 'x'], 2, '--header must be a name'],
  [
    'create with no folder',
    [...CREATE, '--save-key', '/dev/null/x'],
    2,
    '--save-key: no file can be written',
  ],
  ['create for no URL', ['create', '--name', 'x', '--type', TYPE, '--url', 'x'], 1, 'endpoint must be a URL'],
  ['update without a change', ['update', 'x'], 2, 'There is nothing to change'],
  ['sync without a folder', ['sync', '[]'], 2, '--save-keys is missing'],
  ['sync of no list', ['sync', '{}', '--dry-run'], 2, 'must be a list of objects'],
  ['sync of no JSON', ['sync', '{', '--dry-run'], 2, '<wanted> is not JSON'],
  [
    'sync of no types',
    ['sync', `[{"url":"${URL}"}]`, '--dry-run'],
    2,
    'needs a list of at least one event type',
  ],
  ['both places', ['list', '--subdomain', 'acme'], 2, 'Pass --subdomain or --base-url'],
] as const)('subscriptions says what is wrong: %s', async (_title, args, exitCode, said) => {
  const { run } = await openAccount();
  const finished = await run(...args);
  expect(finished).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(said) });
});

test('login exits with 2 without a token', async () => {
  const env = { XDG_CONFIG_HOME: openFolder(), SHOWPAD_SUBDOMAIN: 'acme' };
  const { exitCode, stderr } = await runCommand(['login'], { env });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('A token is missing');
});

test('subscriptions exits with 1 if nothing answers', async () => {
  const env = {
    XDG_CONFIG_HOME: openFolder(),
    SHOWPAD_BASE_URL: await closedUrl(),
    SHOWPAD_TOKEN: 'a-token',
  };
  const { exitCode, stderr } = await runCommand(['subscriptions', 'list'], { env });
  expect(exitCode).toBe(1);
  expect(stderr).toContain('got no complete response.');
  expect(stderr).toMatch(/ The cause was: .*ECONNREFUSED/);
  expect(stderr).not.toContain('a-token');
});
