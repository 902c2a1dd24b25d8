import { statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openFolder, type Running, runCommand, startCommand } from './command.ts';
import { openEndpoint } from './open-endpoint.ts';

interface Started {
  readonly url: string;
  readonly adminUrl: string;
  readonly apiUrl: string;
  readonly accessToken: string;
}

const emulator = (...flags: readonly string[]) =>
  startCommand(['emulator', '--port', '0', '--json', ...flags]);
const started = async (running: Running): Promise<Started> => JSON.parse(await running.nextLine());

async function list({ apiUrl, accessToken }: Started): Promise<unknown> {
  const headers = { authorization: `Bearer ${accessToken}` };
  return (await fetch(`${apiUrl}/subscriptions`, { headers })).json();
}

test('emulator serves the API until it is stopped, and exits with 0', async () => {
  const running = emulator();
  const { url, accessToken, ...rest } = await started(running);
  expect(rest).toEqual({ adminUrl: `${url}/`, apiUrl: `${url}/webhooks/v1` });
  expect(await list({ url, accessToken, ...rest })).toMatchObject({ items: [] });
  running.stop();
  expect(await running.exitCode).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
});

test('emulator prints what a person needs, and how to stop it on stderr', async () => {
  const running = startCommand(['emulator', '--port', '0']);
  expect(await running.nextLine()).toMatch(/^Emulator {4}http:\/\/127\.0\.0\.1:\d+$/);
  expect(await running.nextLine()).toMatch(/^Admin page {2}http:/);
  expect(await running.nextLine()).toMatch(/^API {9}http:.*\/webhooks\/v1$/);
  expect(await running.nextLine()).toMatch(/^Token {7}\S+$/);
  running.stop();
  expect(await running.exitCode).toBe(0);
  expect(await running.stderr).toBe('Press Ctrl-C to stop.\n');
});

test('emulator keeps its state in a file that only its owner can read, and finds it again', async () => {
  const file = join(openFolder(), 'state.json');
  const first = emulator('--state', file);
  const { apiUrl, accessToken } = await started(first);
  const created = await fetch(`${apiUrl}/subscriptions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'CRM', types: ['a'], endpoint: 'http://127.0.0.1:9/' }),
  });
  expect(created.status).toBe(201);
  first.stop();
  await first.exitCode;
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const again = await started(emulator('--state', file));
  expect(await list(again)).toMatchObject({ items: [{ name: 'CRM' }] });
});

test('emulator sends samples of files, keeps them in its state, and suggests the key of the environment', async () => {
  const folder = openFolder();
  const [sample, state] = [join(folder, 'asset-viewed.json'), join(folder, 'state.json')];
  writeFileSync(sample, JSON.stringify({ type: 'asset-viewed', data: { pages: 3 } }));
  const flags = ['emulator', '--port', '0', '--json', '--state', state];
  const first = startCommand([...flags, '--sample', sample], { SHOWPAD_SIGNATURE_KEY: 'the key of my app' });
  const control = async (url: string, path: string) => (await fetch(`${url}/__emulator${path}`)).json();
  const { url } = await started(first);
  expect(await control(url, '/signature-key')).toEqual({ signatureKey: 'the key of my app' });
  first.stop();
  await first.exitCode;
  const again = await started(startCommand(flags));
  expect(await control(again.url, '/signature-key')).toEqual({ signatureKey: null });
  expect(await control(again.url, '/catalogue')).toContainEqual({
    type: 'asset-viewed',
    isDocumented: false,
    isYours: true,
    isKept: true,
    sample: expect.objectContaining({ data: { pages: 3 } }),
  });
});

test('emulator breaks as the rules of a file say, and delivers where it is allowed to', async () => {
  const file = join(openFolder(), 'faults.json');
  writeFileSync(file, JSON.stringify([{ api: 'subscriptions', action: { kind: 'forbidden' } }]));
  const running = emulator(
    '--fault',
    `@${file}`,
    '--fault',
    'wrong-key',
    '--allow-target',
    'app.test',
    '--seed',
    '7',
  );
  const { url, ...rest } = await started(running);
  expect(await list({ url, ...rest })).toMatchObject({ status: 403 });
  const endpoint = await openEndpoint();
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    return fetch(`${url}/__emulator${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  };
  const name = 'any';
  expect((await post('/subscriptions', { name, types: ['a'], url: endpoint.url })).status).toBe(201);
  expect((await post('/subscriptions', { name, types: ['b'], url: 'http://app.test/' })).status).toBe(201);
  expect((await post('/subscriptions', { name, types: ['b'], url: 'http://other.test/' })).status).toBe(422);
  const { seed } = (await (await fetch(`${url}/__emulator/info`)).json()) as { seed: number };
  expect(seed).toBe(7);
});

test('emulator says which flag to pass if the port is in use', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  expect(await runCommand(['emulator', '--port', `${port}`])).toMatchObject({
    exitCode: 1,
    stdout: '',
    stderr: `error: Port ${port} is in use.\nPass another one with --port, or --port 0 for any free one.\n`,
  });
});

test.each([
  ['no port', ['--port', '65536'], 'from 0 to 65535'],
  ['an unknown fault', ['--port', '0', '--fault', 'nope'], 'The kind of a --fault must be one of'],
  ['a fault that is no object', ['--port', '0', '--fault', '[1]'], 'each rule an object'],
  ['no file of a sample', ['--port', '0', '--sample', '/not/there'], '--sample: the file "/not/there"'],
  ['no file of faults', ['--port', '0', '--fault', '@/not/there'], '--fault: the file "/not/there"'],
])('emulator exits with 2 for a mistake of usage: %s', async (_title, flags, said) => {
  const { exitCode, stdout, stderr } = await runCommand(['emulator', ...flags]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(said);
});
