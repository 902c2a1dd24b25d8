import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createApp, install } from './fresh-app.ts';
import { run } from './install.ts';
import { readReadme } from './readme.ts';
import { BIN, showpad } from './showpad.ts';
import { KEY, type RunningApp, startApp } from './start-app.ts';

const APPS = fileURLToPath(new URL('apps/', import.meta.url));
const NOWHERE = 'http://127.0.0.1:1/webhooks/showpad';

const parent = mkdtempSync(join(tmpdir(), 'showpad-webhooks-first-hour-'));
/** A folder where the command is installed, which sends to the apps. */
let desk: string;
beforeAll(() => {
  desk = createApp(parent, 'desk');
  install('npm', desk, ['@showpad-webhooks/cli', '@showpad-webhooks/sqlite']);
  writeFileSync(join(desk, 'key.txt'), KEY);
  const sample = { id: '1', type: 'asset-viewed', data: { items: [{ name: 'Flyer' }] } };
  writeFileSync(join(desk, 'sample.json'), JSON.stringify(sample));
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const running: RunningApp[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.stop();
});
async function start(...args: Parameters<typeof startApp>): Promise<RunningApp> {
  const app = await startApp(...args);
  running.push(app);
  return app;
}
const trigger = (url: string, type = 'shared-space-user-added', ...flags: readonly string[]) =>
  showpad(desk, ['trigger', type, '--to', url, ...flags]);
const doctor = (url: string) => showpad(desk, ['doctor', url]);

describe('the command, before there is an app', () => {
  test('asks whether the app is running', async () => {
    const asks = 'Nothing listens at this address. Is the app running, and is the port right?\n';
    expect(await trigger(NOWHERE)).toMatchObject({ exitCode: 4, stderr: `ECONNREFUSED: ${asks}` });
    expect(await doctor(NOWHERE)).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(asks) });
  });

  test.each([
    [['--key', 'key.txt'], 'Did you mean @key.txt?'],
    [['--file', 'sample.json'], 'Did you mean @sample.json?'],
    [['--data', 'sample.json'], 'Did you mean @sample.json?'],
    [['--fault', 'nonsense'], 'The kind of a --fault must be one of these: "delay", '],
  ])('refuses %j and says why', async (flags, said) => {
    const { exitCode, stdout, stderr } = await trigger(NOWHERE, 'asset-viewed', ...flags);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(said);
  });

  test('names the variable if the key in it is blank', async () => {
    const args = ['trigger', 'shared-space-user-added', '--to', NOWHERE];
    const { stderr } = await showpad(desk, args, { SHOWPAD_SIGNATURE_KEY: '' });
    expect(stderr).toContain('SHOWPAD_SIGNATURE_KEY is blank.');
  });

  test('makes no inbox of a file name that is misspelt', async () => {
    const { exitCode, stderr } = await showpad(desk, ['inbox', 'counts', '--store', 'sqlite:typo.db']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('There is no file "typo.db".');
    expect(existsSync(join(desk, 'typo.db'))).toBe(false);
  });

  test('shows what came, and records it as text', async () => {
    const listen = await start(desk, [
      BIN,
      'listen',
      '--port',
      '3000',
      '--print-body',
      '--record',
      'recordings',
    ]);
    expect(await trigger(listen.url)).toMatchObject({ exitCode: 0 });
    await listen.printed('kent.cook@showpad.com');
    expect(listen.lines.join('\n')).toContain(' shared-space-user-added ');
    const [file = ''] = readdirSync(join(desk, 'recordings'));
    expect(readFileSync(join(desk, 'recordings', file), 'utf8')).toContain('kent.cook@showpad.com');
  });
});

describe('an Express 4 app in CommonJS', () => {
  const parse = 'app.use(express.json());\n';
  let app: string;
  beforeAll(() => {
    app = createApp(parent, 'express-4');
    const { installs, snippet } = readReadme('express');
    install('npm', app, ['express@4', ...installs]);
    const code = snippet.replace(/^import (.+) from (.+);$/gm, 'const $1 = require($2);');
    const mounted = code.replace('app.use(\n', "app.use(\n  '/webhooks/showpad',\n");
    writeFileSync(join(app, 'mounted.cjs'), mounted);
    writeFileSync(
      join(app, 'parsed.cjs'),
      code.replace(parse, '').replace('app.use(\n', `${parse}app.use(\n`),
    );
  });

  test('hears which line to move if express.json() comes first', async () => {
    const { url, printed } = await start(app, ['parsed.cjs']);
    const { exitCode, stdout, stderr } = await trigger(url);
    expect(exitCode).toBe(4);
    expect(stdout).toContain('503 unavailable RAW_BODY_UNAVAILABLE');
    const advice =
      'A body parser ran before the webhook and kept no raw bytes. Mount the webhook before the parser.';
    expect(stderr).toContain(advice);
    await printed('express.json()');
    expect(await doctor(url)).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(advice) });
  });

  test('receives on a mounted path, and each answer says what became of the event', async () => {
    const { url, lines, printed } = await start(app, ['mounted.cjs']);
    const handled = await trigger(url);
    expect(handled).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('200 handled'),
      stderr: '',
    });
    await printed('kent.cook@showpad.com');

    const ignored = await trigger(url, 'shared-space-created');
    expect(ignored).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('200 ignored') });
    expect(ignored.stderr).toContain('The app has no handler for the type "shared-space-created".');
    await printed('"shared-space-created"'); // The app says it, too.

    const twice = await trigger(url, 'shared-space-user-added', '--fault', 'duplicate');
    expect(twice.stdout).toMatch(/200 handled .*\n.*200 duplicate /);
    const stale = await trigger(url, 'shared-space-user-added', '--fault', 'stale-clock');
    expect(stale.stdout).toContain('401 rejected TIMESTAMP_TOO_OLD');
    expect(stale.stderr).toContain(
      'The delivery had the fault "stale-clock", so this answer may be what you want.',
    );

    for (const flags of [[], ['--set', 'data.items[0].name=Brochure']]) {
      const own = await trigger(url, 'asset-viewed', '--data', '@sample.json', ...flags);
      expect(own.stdout).toContain('200 ignored'); // and not a duplicate: each has an id of its own
    }
    expect(await doctor(url)).toMatchObject({ exitCode: 0 });
    expect(lines.join('\n')).not.toContain('EVENT_CONFLICT');
  });
});

describe('an Express 5 app in TypeScript', () => {
  let app: string;
  beforeAll(() => {
    app = createApp(parent, 'express-5');
    const { installs } = readReadme('express');
    install('npm', app, ['express@5', '@types/express', '@types/node', 'typescript@5.9.3', ...installs]);
    for (const file of ['express-5.mts', 'wrong.mts']) cpSync(join(APPS, file), join(app, file));
  });
  const compile = (file: string) => {
    const options = ['--module', 'nodenext', '--target', 'es2022', '--strict', '--skipLibCheck'];
    return run(process.execPath, ['node_modules/typescript/bin/tsc', ...options, file], app);
  };

  test('hears from the compiler what an event does not have', () => {
    expect(() => compile('wrong.mts')).toThrow(
      /\(4,.*'emial' does not exist .* Did you mean 'email'\?[\s\S]*\(5,[\s\S]*Property 'email' is missing/,
    );
  });

  test('hears why a handler failed, and sends what was lost again when that is fixed', async () => {
    compile('express-5.mts');
    const down = await start(app, ['express-5.mjs'], { CRM: 'down' });
    const failed = await trigger(down.url);
    expect(failed.stdout).toContain('500 failed HANDLER_FAILED');
    expect(failed.stderr).toContain('A handler threw an error');
    await down.printed('Error: The CRM is down.');

    const full = await start(app, ['express-5.mjs'], { CRM: 'full' });
    expect((await trigger(full.url)).stdout).toContain('422 failed PERMANENT_FAILURE');

    const { url, printed } = await start(app, ['express-5.mjs']);
    const letters = join(app, 'dead-letters.jsonl');
    const replayed = await showpad(desk, ['replay', letters, '--to', url]);
    expect(replayed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('200 handled') });
    await printed('added kent.cook@showpad.com');
  });
});

describe('a Koa 3 app', () => {
  let app: string;
  beforeAll(() => {
    app = createApp(parent, 'koa');
    const { installs, snippet } = readReadme('koa');
    install('npm', app, ['koa@3', 'koa-body', 'koa-bodyparser', ...installs]);
    for (const parser of ['koa-body', 'koa-bodyparser']) {
      const first = `import parse from '${parser}';\n${snippet}`.replace(
        'app.use(\n',
        'app.use((parse.koaBody ?? parse)());\napp.use(\n',
      );
      writeFileSync(join(app, `${parser}.mjs`), first);
    }
  });

  test('receives behind koa-bodyparser, which keeps the bytes', async () => {
    const { url, printed } = await start(app, ['koa-bodyparser.mjs']);
    expect((await trigger(url)).stdout).toContain('200 handled');
    await printed('kent.cook@showpad.com');
    expect(await doctor(url)).toMatchObject({ exitCode: 0 });
  });

  test('hears what to move if koa-body comes first', async () => {
    const { url, printed } = await start(app, ['koa-body.mjs']);
    const { stdout, stderr } = await trigger(url);
    expect(stdout).toContain('503 unavailable RAW_BODY_UNAVAILABLE');
    expect(stderr).toContain('Mount the webhook before the parser.');
    await printed('koaBody');
  });
});
