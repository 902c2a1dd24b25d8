import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createMemoryTokenStore, type TokenSet } from '@showpad-webhooks/client';
import { createFileTokenStore } from '@showpad-webhooks/client/node';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openClient, openEmulator, PASSWORD_GRANT } from '../open.ts';

const TOKENS: TokenSet = { accessToken: 'an-access-token', refreshToken: 'a-refresh-token', expiresAtMs: 7 };
const RENEWING = fileURLToPath(new URL('renewing.ts', import.meta.url));
const require = createRequire(import.meta.url);
const LOADER = pathToFileURL(require.resolve('tsx')).href;
const LONG_AGO = new Date(0);

async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'showpad-tokens-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** What a process says next, or the code it exits with. */
async function nextMessage(process: ChildProcess): Promise<unknown> {
  const [said] = await Promise.race([once(process, 'message'), once(process, 'exit')]);
  return said;
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test('keeps tokens for another process, readable by their owner alone, and leaves nothing else', async () => {
  const folder = join(await openFolder(), 'new');
  const path = join(folder, 'tokens.json');
  const store = createFileTokenStore({ path });
  expect(await store.get()).toBeUndefined();
  await store.set({ accessToken: 'the-first', expiresAtMs: 1 });
  await store.lock?.(async () => store.set(TOKENS));
  expect(await createFileTokenStore({ path }).get()).toEqual(TOKENS);
  expect(await readdir(folder)).toEqual(['tokens.json']);
  expect([await modeOf(folder), await modeOf(path)]).toEqual([0o700, 0o600]);
});

test('takes the place of a file that others can read', async () => {
  const path = join(await openFolder(), 'tokens.json');
  await writeFile(path, JSON.stringify(TOKENS), { mode: 0o644 });
  await createFileTokenStore({ path }).set(TOKENS);
  expect(await modeOf(path)).toBe(0o600);
});

test('leaves no draft, and the old tokens, where it can’t write', async () => {
  const folder = await openFolder();
  const path = join(folder, 'tokens.json');
  await mkdir(path);
  await expect(createFileTokenStore({ path }).set(TOKENS)).rejects.toThrow();
  expect(await readdir(folder)).toEqual(['tokens.json']);
});

test.each(['', '{"accessToken":"half-of-a-tok', '{"accessToken":7,"expiresAtMs":7}', 'null'])(
  'says of "%s" that it holds no tokens, and does not quote it',
  async (text) => {
    const path = join(await openFolder(), 'tokens.json');
    await writeFile(path, text);
    const error: Error = await Promise.resolve(createFileTokenStore({ path }).get()).then(
      () => new Error('it was read'),
      (thrown) => thrown,
    );
    expect(error.message).toBe(`${path} holds no tokens: delete it, and log in again.`);
  },
);

test('refuses a path that is none', () => {
  expect(() => createFileTokenStore({ path: '' })).toThrow('path must be the path of a file.');
});

describe('its lock', () => {
  test('lets one in at a time, whichever store asks', async () => {
    const path = join(await openFolder(), 'tokens.json');
    let inside = 0;
    let most = 0;
    const runs = Array.from({ length: 4 }, () =>
      createFileTokenStore({ path }).lock?.(async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
      }),
    );
    await Promise.all(runs);
    expect(most).toBe(1);
  });

  test('is let go of where what it ran failed', async () => {
    const store = createFileTokenStore({ path: join(await openFolder(), 'tokens.json') });
    const failing = store.lock?.(() => Promise.reject(new Error('refused')));
    await expect(failing).rejects.toThrow('refused');
    expect(await store.lock?.(async () => 'in')).toBe('in');
  });

  test('is shown to be held, however long that is', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const path = join(await openFolder(), 'tokens.json');
    const shownAt = async () => (await stat(`${path}.lock`)).mtimeMs;
    await createFileTokenStore({ path }).lock?.(async () => {
      await utimes(`${path}.lock`, LONG_AGO, LONG_AGO);
      expect(await shownAt()).toBe(0);
      vi.advanceTimersByTime(3_334);
      await expect.poll(shownAt).toBeGreaterThan(0);
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is waited for no longer than it is said', async () => {
    const path = join(await openFolder(), 'tokens.json');
    await writeFile(`${path}.lock`, 'another');
    const run = createFileTokenStore({ path, lockTimeoutMs: 30 }).lock?.(async () => 'in');
    await expect(run).rejects.toThrow(`another process holds ${path}.lock for over 30 ms`);
    expect(await readFile(`${path}.lock`, 'utf8')).toBe('another');
  });

  test.each([[['.lock']], [['.lock', '.lock.stale']]])(
    'is taken by one of many from a process that died and left %s',
    async (left) => {
      const folder = await openFolder();
      const path = join(folder, 'tokens.json');
      for (const name of left) {
        await writeFile(path + name, 'dead');
        await utimes(path + name, LONG_AGO, LONG_AGO);
      }
      let inside = 0;
      const runs = Array.from({ length: 8 }, () =>
        createFileTokenStore({ path }).lock?.(async () => {
          inside++;
          await new Promise((resolve) => setImmediate(resolve));
          return inside--;
        }),
      );
      expect(await Promise.all(runs)).toEqual(Array(8).fill(1));
      expect(await readdir(folder)).toEqual([]);
    },
  );
});

test('two processes that share a file never spend one refresh token twice', { timeout: 30_000 }, async () => {
  // Tokens that are always about to end, so that every call renews.
  const emulator = await openEmulator({ clock: 'real', oauth: { accessTokenSeconds: 60 } });
  const login = createMemoryTokenStore();
  await openClient(emulator, { auth: PASSWORD_GRANT, tokenStore: login }).client.subscriptions.list();
  const { refreshToken = '' } = (await login.get()) ?? {};
  const path = join(await openFolder(), 'tokens.json');
  const execArgv = ['--conditions=@showpad-webhooks/source', '--import', LOADER];
  const args = [path, emulator.url, refreshToken, '10'];
  const processes = [1, 2].map(() => fork(RENEWING, args, { execArgv }));
  onTestFinished(() => {
    for (const each of processes) each.kill();
  });
  expect(await Promise.all(processes.map(nextMessage))).toEqual(['ready', 'ready']);
  const ended = processes.map((each) => {
    each.send('go');
    return nextMessage(each);
  });
  const round = ['/api/v3/oauth2/token 200', '/subscriptions 200'];
  const rounds = Array.from({ length: 10 }, () => round).flat();
  expect(await Promise.all(ended)).toEqual([rounds, rounds]);
});
