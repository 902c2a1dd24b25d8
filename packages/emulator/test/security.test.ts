import { request } from 'node:http';
import type { Emulator } from '@showpad-webhooks/emulator';
import { describe, expect, it } from 'vitest';
import { KEY, openEmulator, subscribe, TYPE } from './open-emulator.ts';

/** Unlike fetch, this can set Host and Origin. */
function statusOf(
  emulator: Emulator,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<number> {
  return new Promise((resolve, reject) => {
    request(emulator.url + path, { method, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

const PATHS = ['/', '/__emulator/info', '/webhooks/v1/subscriptions', '/api/v3/oauth2/authorize'];

describe('the emulator', () => {
  it('listens on the loopback interface only', async () => {
    const { url } = await openEmulator();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it.each(PATHS)('refuses %s if the Host is another one, as with DNS rebinding', async (path) => {
    const emulator = await openEmulator();
    const { port } = new URL(emulator.url);
    for (const host of ['evil.example', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`]) {
      expect([host, await statusOf(emulator, path, { host })]).toEqual([host, 403]);
    }
    for (const host of [`127.0.0.1:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      expect([host, await statusOf(emulator, path, { host })]).not.toEqual([host, 403]);
    }
  });

  it.each(PATHS)('refuses %s to a website of another origin', async (path) => {
    const emulator = await openEmulator();
    const { port, origin: own } = new URL(emulator.url);
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1', `https://127.0.0.1:${port}`]) {
      expect([origin, await statusOf(emulator, path, { origin })]).toEqual([origin, 403]);
    }
    expect(await statusOf(emulator, path, { origin: own })).not.toBe(403);
  });

  it('accepts the further host names that it is given', async () => {
    const emulator = await openEmulator({ allowedHosts: ['emulator', 'Proxy:8080'] });
    expect(await statusOf(emulator, '/', { host: 'emulator:4000' })).toBe(200);
    expect(await statusOf(emulator, '/', { host: 'proxy:8080', origin: 'http://proxy:8080' })).toBe(200);
    expect(await statusOf(emulator, '/', { host: 'proxy:8081' })).toBe(403);
  });

  it('does not accept a form of another website as JSON', async () => {
    const emulator = await openEmulator();
    const response = await fetch(`${emulator.url}/__emulator/events`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ type: TYPE }),
    });
    expect(response.status).toBe(415);
  });

  it.each([
    'http://example.com/',
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://0.0.0.0/',
    'http://[::ffff:10.0.0.1]/',
    'http://127.0.0.1.example.com/',
    'http://localhost.example.com/',
  ])('sends nothing to %s', async (url) => {
    const emulator = await openEmulator();
    await expect(subscribe(emulator, url)).rejects.toThrow(/allowTargets/);
    const { id } = await subscribe(emulator, 'http://localhost:1/');
    await expect(emulator.subscriptions.update(id, { url })).rejects.toThrow(/allowTargets/);
  });

  it.each([
    'http://localhost:1/',
    'http://127.0.0.1:1/',
    'http://127.8.8.8:1/',
    'http://[::1]:1/',
    'https://0x7f.1/',
  ])('sends to %s', async (url) => {
    const emulator = await openEmulator();
    expect(await subscribe(emulator, url)).toMatchObject({ url });
  });

  it('sends to a host that was allowed, and to no other', async () => {
    const emulator = await openEmulator({ allowTargets: ['App.example'] });
    expect(await subscribe(emulator, 'http://app.example:3000/')).toMatchObject({ name: 'CRM' });
    await expect(subscribe(emulator, 'http://other.app.example/')).rejects.toThrow(/allowTargets/);
  });

  it('shows a key only when it is created, and in an export on request', async () => {
    const emulator = await openEmulator();
    await subscribe(emulator, 'http://127.0.0.1:1/');
    const token = emulator.accessToken;
    await emulator.trigger(TYPE);
    await emulator.waitForDelivery();
    const paths = [
      'subscriptions',
      'attempts',
      'state',
      'tokens',
      'info',
      'faults',
      'catalogue',
      'assumptions',
    ];
    for (const path of paths) {
      const text = await (await fetch(`${emulator.url}/__emulator/${path}`)).text();
      expect(text).not.toContain(KEY);
      expect(text).not.toContain(token);
    }
    expect(await (await fetch(`${emulator.url}/__emulator/state?includeKeys=true`)).text()).toContain(KEY);
  });

  it('allows its page nothing but its own files', async () => {
    const { url } = await openEmulator();
    const { headers } = await fetch(url);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('stores a bounded amount', async () => {
    const emulator = await openEmulator({ maxStoredAttempts: 3, maxStoredBytes: 1_000 });
    await subscribe(emulator, 'http://127.0.0.1:1/');
    for (let index = 0; index < 5; index++) await emulator.trigger(TYPE, {}, { body: `${index}` });
    expect(await emulator.attempts()).toHaveLength(3);
    await emulator.reset();
    await subscribe(emulator, 'http://127.0.0.1:1/');
    await emulator.assumptions.set({ noAnswer: 'give-up' });
    for (let index = 0; index < 3; index++) {
      await emulator.trigger(TYPE, {}, { body: `${index}`.repeat(400) });
      await emulator.advanceTime(0);
    }
    const bodies = (await emulator.attempts()).map(({ request: sent }) => sent?.body[0]);
    expect(bodies).toEqual(['1', '2']);
  });
});
