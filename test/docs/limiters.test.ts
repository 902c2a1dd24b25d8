import 'reflect-metadata';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fencesOf, ROOT } from './snippets.ts';

const FOLDER = fileURLToPath(new URL('.generated-limiters/', import.meta.url));
const LIMIT = 3;
const PATH = '/webhooks/showpad';

const snippets = fencesOf(readFileSync(`${ROOT}SECURITY.md`, 'utf8')).filter(({ code }) =>
  code.includes('600'),
);
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);

test('SECURITY.md shows a limiter for each framework', () => {
  expect(
    snippets.map(({ code }) => /'@showpad-webhooks\/(?<name>express|koa|nestjs)'/.exec(code)?.[1]),
  ).toEqual(['express', 'koa', 'nestjs']);
});

test.each(snippets)('nobody gets round the limiter of SECURITY.md:$line', async ({ line, code }) => {
  vi.stubEnv('SHOWPAD_SIGNATURE_KEY', 'a-signature-key');
  const listen = vi.spyOn(Server.prototype, 'listen');
  const file = `${FOLDER}snippet-${line}.ts`;
  writeFileSync(
    file,
    `${code.replaceAll('600', String(LIMIT)).replace('listen(3000)', "listen(0, '127.0.0.1')")}\nexport {};\n`,
  );
  await import(file);
  const [server] = listen.mock.contexts as Server[];
  if (!server) throw new Error('The snippet did not listen.');
  onTestFinished(() => {
    server.close();
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  if (!server.listening) await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  // Each is a forgery. With 401 the receiver has seen it, with 503 the limiter stopped it, and 404 is another path.
  const first = [await post(port, PATH), await post(port, `${PATH}/`), await post(port, `${PATH}?a=b`)];
  expect(first).toEqual([401, 401, 401]);
  for (const path of [
    PATH,
    `${PATH}/`,
    `${PATH}?a=b`,
    `${PATH}/?a=b`,
    `http://127.0.0.1:${port}${PATH}`,
    `http://other.example${PATH}/`,
    PATH.toUpperCase(),
    `/${PATH}`,
    '/webhooks/%73howpad',
    '/webhooks/./showpad',
  ]) {
    expect([404, 503], path).toContain(await post(port, path));
  }
});

/** Sends a forgery. The path goes out as it is written, which fetch would not do. */
function post(port: number, path: string): Promise<number | undefined> {
  const { method, headers, body } = signedDelivery('shared-space-created', { key: 'a-key-of-nobody' });
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    });
    sent.once('error', reject).end(body);
  });
}
