import { expect, test } from 'vitest';
import { send } from './http.ts';
import type { CreateServer } from './server.ts';
import { expectAnswer, PATH, signed, TYPE, useServers } from './support.ts';

/** A path that is given to the app and to the adapter must work, because otherwise it is a 404 that nobody explains. */
export function mounted(createServer: CreateServer): void {
  const start = useServers(createServer);

  test.each([
    { mountPath: '/webhooks/showpad', path: '/webhooks/showpad' },
    { mountPath: '/webhooks', path: '/webhooks/showpad' },
    { mountPath: '/webhooks', path: '/showpad' },
    { mountPath: '/', path: '/webhooks/showpad' },
  ])('receives at /webhooks/showpad: mounted on $mountPath with the path $path', async (setup) => {
    const server = await start({}, setup);
    const urls: (string | undefined)[] = [];
    server.receiver.on(TYPE, (_event, { url }) => urls.push(url));
    for (const suffix of ['', '/', '?from=eu']) {
      expectAnswer(await send(server.url + PATH + suffix, signed()), 200, 'handled');
    }
    expect(urls).toEqual(['/webhooks/showpad', '/webhooks/showpad/', '/webhooks/showpad?from=eu']);

    for (const other of [`${PATH}/more`, `${PATH}s`, '/webhooks', '/webhooks/other', '/showpad', '/']) {
      expect((await send(server.url + other, signed())).status).toBe(404);
    }
    expect(urls).toHaveLength(3);
  });
}
