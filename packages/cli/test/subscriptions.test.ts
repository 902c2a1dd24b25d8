import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEmulator, type Emulator } from '@showpad-webhooks/emulator';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Finished, openFolder, runCommand, startCommand, valuesOf } from './command.ts';
import { closedUrl, openEndpoint } from './open-endpoint.ts';

const TYPE = 'shared-space-created';
const URL = 'http://127.0.0.1:9/webhooks/showpad';
const CREATE = ['create', '--name', 'CRM', '--type', TYPE, '--url', URL];

interface Account {
  readonly emulator: Emulator;
  readonly env: NodeJS.ProcessEnv;
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
    expect(gone).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('Not found (') });
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
    running.stop('SIGINT');
    expect(await running.exitCode).toBe(0);
    expect(await running.stderr).toBe('');
  });

  test('sync says what it would do, does it, and then has nothing to do', async () => {
    const { run, emulator } = await openAccount();
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
    expect(await actions('--prune', '--save-keys', keys)).toEqual(['create new', 'update CRM', 'delete old']);
    expect((await emulator.subscriptions.list()).map(({ name }) => name).toSorted()).toEqual(['CRM', 'new']);
    expect(readdirSync(keys)).toHaveLength(1);
    expect(await actions('--save-keys', keys)).toEqual(['keep CRM', 'keep new']);
  });
});

describe('an account', () => {
  test('is kept by login, used without flags, told by whoami, and forgotten by logout', async () => {
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
      `${baseUrl}, and its token is accepted.\n`,
    );
    await runCommand(['logout'], { env: home });
    expect(existsSync(file)).toBe(false);
    expect(await runCommand(['whoami'], { env: home })).toMatchObject({ exitCode: 3 });
  });

  test('is not kept where its token is refused, nor is the token shown', async () => {
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
      stderr: expect.stringContaining('there is no token for'),
    });
    expect(received).toEqual([]);
    expect(await runCommand(['subscriptions', 'list', ...own], { env: home })).toMatchObject({ exitCode: 0 });
  });

  test('that is broken is told of by its file, and not what it holds', async () => {
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
  ['create without a name', ['create', '--type', TYPE, '--url', URL], 2, '--name, --type and --url'],
  ['create for no method', [...CREATE, '--method', 'PUT'], 2, 'POST, GET'],
  ['create with no header', [...CREATE, '--header', 'x'], 2, '--header must be a name'],
  ['create with no folder', [...CREATE, '--save-key', '/dev/null/x'], 2, '--save-key: no file can be made'],
  ['create for no URL', ['create', '--name', 'x', '--type', TYPE, '--url', 'x'], 1, 'endpoint must be a URL'],
  ['update without a change', ['update', 'x'], 2, 'nothing to change'],
  ['sync without a folder', ['sync', '[]'], 2, '--save-keys is missing'],
  ['sync of no list', ['sync', '{}', '--dry-run'], 2, 'must be a list of objects'],
  ['sync of no JSON', ['sync', '{', '--dry-run'], 2, '<wanted> is not JSON'],
  ['sync of no types', ['sync', `[{"url":"${URL}"}]`, '--dry-run'], 2, 'types must be a list'],
  ['both places', ['list', '--subdomain', 'acme'], 2, '--subdomain or --base-url'],
] as const)('subscriptions says what is wrong: %s', async (_title, args, exitCode, said) => {
  const { run } = await openAccount();
  const finished = await run(...args);
  expect(finished).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(said) });
});

test('login exits with 2 without a token', async () => {
  const env = { XDG_CONFIG_HOME: openFolder(), SHOWPAD_SUBDOMAIN: 'acme' };
  const { exitCode, stderr } = await runCommand(['login'], { env });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('a token is missing');
});

test('subscriptions exits with 1 where nothing answers', { timeout: 20_000 }, async () => {
  const env = {
    XDG_CONFIG_HOME: openFolder(),
    SHOWPAD_BASE_URL: await closedUrl(),
    SHOWPAD_TOKEN: 'a-token',
  };
  const { exitCode, stderr } = await runCommand(['subscriptions', 'list'], { env });
  expect(exitCode).toBe(1);
  expect(stderr).toContain('(NETWORK)');
  expect(stderr).not.toContain('a-token');
});
