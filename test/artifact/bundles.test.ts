import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createApp, install } from './fresh-app.ts';
import { run } from './install.ts';
import { readReadme } from './readme.ts';
import { deliverTo, startApp } from './start-app.ts';

const { snippet } = readReadme('express');
const APPS: Readonly<Record<string, string>> = {
  '@showpad-webhooks/core': `
    import { createServer } from 'node:http';
    import { buffer } from 'node:stream/consumers';
    import { createReceiver } from '@showpad-webhooks/core';

    const receiver = createReceiver({ keys: process.env.SHOWPAD_SIGNATURE_KEY });
    receiver.on('shared-space-user-added', (event) => console.log(event.data.invitee.email));
    createServer(async (req, res) => {
      const { method, headers, url } = req;
      const { response } = await receiver.receive({ method, headers, url, body: await buffer(req) });
      res.writeHead(response.status, response.headers).end(response.body);
    }).listen(3000);`,
  '@showpad-webhooks/express': snippet,
};

const parent = mkdtempSync(join(tmpdir(), 'showpad-webhooks-bundles-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

let folder: string;
beforeAll(() => {
  folder = createApp(parent, 'app');
  install('npm', folder, [...Object.keys(APPS), 'express', 'esbuild']);
  for (const [name, code] of Object.entries(APPS)) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, `${name}.mjs`), code);
  }
});

/** Each puts an app and all that it imports into one file. */
const BUNDLERS = {
  esbuild: async (input: string, file: string) => {
    run(
      'npx',
      ['--no-install', 'esbuild', input, '--bundle', '--platform=node', `--outfile=${file}`],
      folder,
    );
  },
  rolldown: async (input: string, file: string) => {
    const bundle = await rolldown({ input, cwd: folder, platform: 'node' });
    await bundle.write({ file, format: 'cjs', codeSplitting: false });
    await bundle.close();
  },
};

describe.each(Object.entries(BUNDLERS))('an app that %s puts into one file', (bundler, bundle) => {
  test.each(Object.keys(APPS))('receives with %s', async (name) => {
    const deployed = mkdtempSync(join(parent, `${bundler}-`));
    await bundle(`./${name}.mjs`, join(deployed, 'app.cjs'));
    const app = await startApp(deployed, ['app.cjs'], { NODE_ENV: 'development' });
    onTestFinished(app.stop);
    expect(await deliverTo(app.url, folder, name)).toBe(200);
    await app.printed('kent.cook@showpad.com');
    expect(await deliverTo(app.url, folder, name, 'a-forged-key')).toBe(401);
    // Only development explains it, with code that is loaded when it is needed.
    await app.printed('The usual mistakes were tried, and none of them explains it.');
  });
});
