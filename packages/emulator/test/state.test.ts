import { lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, type Emulator } from '@showpad-webhooks/emulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KEY, openEmulator, subscribe, TYPE } from './open-emulator.ts';
import { openReceiver } from './open-receiver.ts';

async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'showpad-emulator-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const exported = async (emulator: Emulator, query = '') =>
  (await fetch(`${emulator.url}/__emulator/state${query}`)).json() as Promise<Record<string, unknown>>;
const importInto = (emulator: Emulator, state: unknown) =>
  fetch(`${emulator.url}/__emulator/state`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(state),
  });

/** Creates one of everything that is kept. */
async function fill(emulator: Emulator): Promise<void> {
  const { url } = await openReceiver(200);
  await subscribe(emulator, url, { headers: [{ name: 'x-tenant', value: '1' }] });
  await emulator.faults.add({ api: 'delivery', action: { kind: 'duplicate' }, count: 1 });
  await emulator.faults.add({ api: 'oauth', action: { kind: 'forbidden' }, match: { method: 'POST' } });
  await emulator.assumptions.set({ retryDelays: 'interval' });
  await emulator.samples.add({ type: 'asset-viewed', data: { pages: 3 } });
  const tokens = `${emulator.url}/__emulator/tokens`;
  await fetch(tokens, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  await emulator.trigger(TYPE);
  await emulator.advanceTime(0);
}

describe('a state file', () => {
  it('keeps subscriptions with their keys, tokens, faults and assumptions', async () => {
    const folder = await openFolder();
    const stateFile = join(folder, 'state.json');
    const first = await createEmulator({ stateFile });
    await fill(first);
    const state = await exported(first, '?includeKeys=true');
    await first.close();
    expect(JSON.parse(await readFile(stateFile, 'utf8'))).toEqual(state);
    expect(state).toMatchObject({
      subscriptions: [{ signatureKey: KEY, requestCount: 2 }],
      tokens: [{}],
      samples: [{ type: 'asset-viewed' }],
    });

    const second = await openEmulator({ stateFile });
    expect(await exported(second, '?includeKeys=true')).toEqual(state);
    expect((await second.faults.list())[0]?.count).toBe(0);
  });

  it('can be read by its owner only, and leaves no other file behind', async () => {
    const folder = await openFolder();
    const stateFile = join(folder, 'state.json');
    const emulator = await openEmulator({ stateFile });
    await subscribe(emulator, 'http://127.0.0.1:1/');
    await expect.poll(() => readFile(stateFile, 'utf8')).toContain(KEY);
    expect((await stat(stateFile)).mode & 0o777).toBe(0o600);
    await emulator.close();
    expect(await readdir(folder)).toEqual(['state.json']);
  });

  it.each([
    ['{', 'It is not JSON. Fix the file or move it away.'],
    ['null', 'body must be an object.'],
    ['{"version":2}', 'version must be 1.'],
    ['{"version":1,"subscriptions":[{"id":"1"}]}', 'subscriptions[0].id must be a ULID.'],
    [
      '{"version":1,"faults":[{"api":"delivery","action":{"kind":"x"}}]}',
      'faults[0].action.kind must be one of these: ',
    ],
  ])('that contains no state (%s) is named, and left alone', async (text, message) => {
    const stateFile = join(await openFolder(), 'state.json');
    await writeFile(stateFile, text);
    await expect(createEmulator({ stateFile })).rejects.toThrow(
      `${stateFile} is not a state of the emulator. ${message}`,
    );
    expect(await readFile(stateFile, 'utf8')).toBe(text);
  });

  it('replaces a symlink at its path, and does not follow it', async () => {
    const folder = await openFolder();
    const stateFile = join(folder, 'state.json');
    const target = join(folder, 'target.json');
    await writeFile(target, '{"version":1}', { mode: 0o644 });
    await symlink(target, stateFile);
    const emulator = await openEmulator({ stateFile });
    await subscribe(emulator, 'http://127.0.0.1:1/');
    await emulator.close();
    expect((await lstat(stateFile)).isSymbolicLink()).toBe(false);
    expect((await stat(stateFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(stateFile, 'utf8')).toContain(KEY);
    expect(await readFile(target, 'utf8')).toBe('{"version":1}');
  });

  it('that can’t be written is reported at the start', async () => {
    const stateFile = join(await openFolder(), 'missing', 'state.json');
    await expect(createEmulator({ stateFile })).rejects.toThrow('ENOENT');
  });
});

describe('an export', () => {
  it('can be imported elsewhere, with its keys', async () => {
    const [one, other] = [await openEmulator(), await openEmulator()];
    await fill(one);
    const state = await exported(one, '?includeKeys=true');
    expect((await importInto(other, state)).status).toBe(204);
    expect(await exported(other, '?includeKeys=true')).toEqual(state);
  });

  it('leaves keys and tokens out unless asked, and an import keeps the known ones', async () => {
    const emulator = await openEmulator();
    await fill(emulator);
    const whole = await exported(emulator, '?includeKeys=true');
    const state = await exported(emulator);
    expect(state).not.toHaveProperty('tokens');
    expect(JSON.stringify(state)).not.toContain(KEY);
    await importInto(emulator, state);
    expect((await exported(emulator, '?includeKeys=true')).subscriptions).toEqual(whole.subscriptions);

    const other = await openEmulator();
    await importInto(other, state);
    const [subscription] = (await exported(other, '?includeKeys=true')).subscriptions as [
      { signatureKey: string },
    ];
    expect(subscription.signatureKey).toMatch(/^[\w-]{43}$/);
  });

  it('that is wrong is refused as a whole', async () => {
    const emulator = await openEmulator();
    await fill(emulator);
    const state = await exported(emulator, '?includeKeys=true');
    const [subscription] = state.subscriptions as [object];
    for (const change of [
      { version: 2 },
      { subscriptions: 'none' },
      { subscriptions: [subscription, subscription] },
      { subscriptions: [{ ...subscription, createdAt: 'yesterday' }] },
      { subscriptions: [{ ...subscription, url: 'http://example.com/' }] },
      { faults: [{ api: 'delivery', action: { kind: 'none' } }] },
      { tokens: [{ kind: 'access' }] },
      { samples: [{ data: {} }] },
      { surprise: true },
      { assumptions: { weather: 'fine' } },
    ]) {
      expect((await importInto(emulator, { ...state, ...change })).status).toBe(422);
    }
    expect(await exported(emulator, '?includeKeys=true')).toEqual(state);
  });
});
