import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { send } from '@showpad-webhooks/conformance';
import { signedDelivery } from '@showpad-webhooks/fetch/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { binaryOf } from './src/binaries.ts';
import { bundle } from './src/bundle.ts';
import { startRuntime } from './src/start-runtime.ts';

const KEY = 'example-key';
const PATH = '/webhooks/showpad';
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
const CONDITION = '--conditions=@showpad-webhooks/source';

interface Started {
  readonly url: string;
  /** What it has printed. */
  readonly output: () => string;
}

type Start = (key: string) => Promise<Started>;

/** Starts a server of an example as its "start" script does, and waits until it prints its URL. */
async function run(
  folder: string,
  runtime: 'bun' | 'deno',
  args: readonly string[],
  key: string,
): Promise<Started> {
  const env = { ...process.env, SHOWPAD_SIGNATURE_KEY: key, PORT: '0' };
  const child = spawn(binaryOf(runtime), args, { cwd: EXAMPLES + folder, env });
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += String(chunk);
      const port = /http:\/\/[\w.]+:(?<port>\d+)/.exec(output)?.groups?.port;
      if (port) resolve(`http://127.0.0.1:${port}`);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(`The example in ${folder} ended: ${output}`)));
  });
  return { url, output: () => output };
}

async function runWorker(key: string): Promise<Started> {
  const code = await bundle(`${EXAMPLES}cloudflare-workers/worker.ts`);
  const started = await startRuntime('workerd', { code, servers: 1, env: { SHOWPAD_SIGNATURE_KEY: key } });
  onTestFinished(() => started.close());
  return { url: started.urls[0] ?? '', output: started.output };
}

const onBun =
  (folder: string): Start =>
  (key) =>
    run(folder, 'bun', [CONDITION, 'server.ts'], key);

const EXAMPLE_APPS: readonly (readonly [name: string, file: string, start: Start])[] = [
  ['bun', 'bun/server.ts', onBun('bun')],
  [
    'deno',
    'deno/server.ts',
    (key) => run('deno', 'deno', ['serve', '--port=0', '--allow-env', CONDITION, 'server.ts'], key),
  ],
  ['cloudflare-workers', 'cloudflare-workers/worker.ts', runWorker],
  ['hono', 'hono/server.ts', onBun('hono')],
  ['elysia', 'elysia/server.ts', onBun('elysia')],
];

async function deliver(url: string, key: string): Promise<string> {
  const { method, headers, body } = signedDelivery('shared-space-user-added', { key });
  const answer = await send(url + PATH, { method, headers, body });
  return `${answer.status} ${answer.headers['showpad-webhooks']}`;
}

describe.each(EXAMPLE_APPS)('the example %s', (name, file, start) => {
  test('handles a delivery in its runtime, and rejects a forged one', async () => {
    const { url, output } = await start(KEY);
    expect(await deliver(url, 'a-key-of-nobody')).toBe('401 rejected SIGNATURE_MISMATCH');
    expect(await deliver(url, KEY)).toBe('200 handled');
    expect((await send(`${url}/other`)).status).toBe(404);
    const expectOutput = () => {
      expect(output()).toContain('kent.cook@showpad.com joined');
      // A Worker has instances in many places, and the other examples have one.
      expect(output().includes('MEMORY_LEDGER')).toBe(name === 'cloudflare-workers');
    };
    await vi.waitFor(expectOutput);
  });

  test('is the one on the page', () => {
    const code = readFileSync(EXAMPLES + file, 'utf8').replace(/^\/\/.*\n/, '');
    // Deno serves the same app as Bun.
    const shown = code.replace('// "deno serve" serves', '// Bun serves');
    expect(readFileSync(`${EXAMPLES}../docs/frameworks.md`, 'utf8')).toContain(shown);
  });
});

test.each(EXAMPLE_APPS.filter(([name]) => name === 'cloudflare-workers' || name === 'hono'))(
  'the example %s can be built and started where the key is not known, and lets Showpad retry',
  async (_name, _file, start) => {
    const { url } = await start('');
    expect(await deliver(url, KEY)).toBe('503 unavailable KEY_LOOKUP_FAILED');
  },
);
