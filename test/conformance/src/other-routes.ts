import { expect, test, vi } from 'vitest';
import { open, readAll, send, statusOf } from './http.ts';
import type { CreateServer, ServerSetup } from './server.ts';
import { expectAnswer, PATH, signed, useServers } from './support.ts';

export function otherRoutes(
  createServer: CreateServer,
  parser: ServerSetup['parser'],
  otherSpellings: readonly string[],
): void {
  const start = useServers(createServer);

  test('are answered by the app', async () => {
    const { url } = await start({}, { parser });
    expect(await send(`${url}/hello`, { method: 'GET' })).toMatchObject({ status: 200, body: 'hello' });
    if (parser === 'none') return;
    const body = Buffer.from('{"a":["ë",1.0]}');
    const echo = await send(`${url}/echo`, { body, headers: { 'content-type': 'application/json' } });
    expect([Math.floor(echo.status / 100), JSON.parse(echo.body)]).toEqual([2, { a: ['ë', 1] }]);
  });

  const others = [
    `${PATH}/more`,
    `${PATH}s`,
    '/webhooks',
    '/other/../webhooks/showpa',
    '/webhooks/%73howpad',
    `/${PATH}`,
    '/WEBHOOKS/SHOWPAD',
  ].filter((path) => !otherSpellings.includes(path));
  test.each(others)('%s is not taken for the webhook', async (path) => {
    const server = await start({}, { parser });
    const handler = vi.fn();
    server.receiver.onAny(handler);
    const { hostname, port } = new URL(server.url);
    const socket = await open(server.url);
    const { headers, body } = signed();
    const lines = Object.entries({
      host: `${hostname}:${port}`,
      ...headers,
      connection: 'close',
      'content-length': body.length,
    });
    socket.write(
      `POST ${path} HTTP/1.1\r\n${lines.map(([key, value]) => `${key}: ${value}\r\n`).join('')}\r\n`,
    );
    socket.write(body);
    expect(statusOf(await readAll(socket))).toBe(404);
    expect(handler).not.toHaveBeenCalled();
  });

  test('the webhook is also found with a trailing slash and a query', async () => {
    const server = await start();
    for (const suffix of ['/', '?a=b', '/?a=b']) {
      expectAnswer(await send(server.url + PATH + suffix, signed()), 200, 'ignored');
    }
  });
}
