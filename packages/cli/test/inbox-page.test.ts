import { request } from 'node:http';
import { expect, test } from 'vitest';
import { startSqliteApp } from './inbox-app.ts';
import { spawnCommand } from './process.ts';

/** Unlike fetch, this can set Host. */
function statusOf(url: URL, path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = url;
    request({ hostname, port, path, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

test('page serves the dashboard to whoever has its URL, and to no website', async () => {
  const app = await startSqliteApp('one');
  const command = spawnCommand(['inbox', 'page', '--store', app.store, '--json']);
  const { url, inbox } = JSON.parse(await command.nextLine());
  expect({ inbox, url }).toEqual({
    inbox: 'default',
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/),
  });
  const page = new URL(url);
  const status = `${page.pathname}api/status`;
  expect(await (await fetch(new URL(status, url))).json()).toMatchObject({ dead: 1, isReadOnly: false });
  expect(await statusOf(page, '/api/status')).toBe(404);
  for (const host of ['evil.example', `localhost.evil.example:${page.port}`]) {
    expect([host, await statusOf(page, status, { host })]).toEqual([host, 403]);
  }

  app.repair();
  const retry = () =>
    fetch(new URL(`${page.pathname}api/retry?state=dead&id=one`, url), {
      method: 'POST',
      headers: { origin: page.origin },
    });
  expect(await (await retry()).json()).toEqual({ refusals: { one: null } });
  command.kill('SIGTERM');
  const { exitCode, stderr } = await command.finished;
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/Z {2}\S+ {2}retry {2}one\n/);
});
