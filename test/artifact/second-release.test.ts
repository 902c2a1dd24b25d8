import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { publish } from '../release/publish.ts';
import { Repository } from '../release/repository.ts';
import { createApp, install } from './fresh-app.ts';
import { readManifest } from './install.ts';
import { readReadme } from './readme.ts';
import { deliverTo, startApp } from './start-app.ts';

const parent = mkdtempSync(join(tmpdir(), 'showpad-webhooks-second-release-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

test('a second release of one adapter alone is installed over the first', async () => {
  const { installs, snippet } = readReadme('express');
  const app = createApp(parent, 'app');
  const ours = join(app, 'node_modules/@showpad-webhooks');
  const versions = () => ['core', 'express'].map((name) => readManifest(join(ours, name)).version);
  install('npm', app, ['express', ...installs]);
  const [core, express] = versions();

  const repository = new Repository(inject('released'));
  repository.release({ '@showpad-webhooks/express': 'patch' });
  repository.commit();
  const [major, minor, patch] = `${express}`.split('.').map(Number);
  const next = `${major}.${minor}.${Number(patch) + 1}`;
  const tags = (await publish(repository, inject('registry'))).match(/New tag: .*/g);
  expect(tags).toEqual([`New tag:  @showpad-webhooks/express@${next}`]);

  install('npm', app, ['@showpad-webhooks/express@latest']);
  expect(versions()).toEqual([core, next]);
  expect(existsSync(join(ours, 'express/node_modules'))).toBe(false); // There is still one copy of core.
  expect(readFileSync(join(ours, 'express/CHANGELOG.md'), 'utf8')).toContain(`## ${next}`);

  writeFileSync(join(app, 'app.mjs'), snippet);
  const { url, printed, stop } = await startApp(app, ['app.mjs']);
  expect(await deliverTo(url, app, '@showpad-webhooks/express')).toBe(200);
  await printed('kent.cook@showpad.com');
  await stop();
});
