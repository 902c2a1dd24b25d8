import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createEmulator } from '@showpad-webhooks/emulator';
import { describe, expect, onTestFinished, test } from 'vitest';
import { APPS, type AppSource, sourceOf } from './apps.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const NEST_STARTER = fileURLToPath(new URL('../artifact/starters/nest-12/tsconfig.json', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../packages/cli/dist/bin.mjs', import.meta.url));
const TSC = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const KEY = 'a-key-for-this-machine';

/** As pasted from the Admin App: 25 fields, with lists in lists, nulls, and parts that not every item has. */
const PASTED = {
  type: 'content-shared',
  specversion: 1,
  id: 'c40b30f2-fabf-4c89-aed0-f5f5aaac9a24',
  time: '2026-11-30T06:45:00.250Z',
  data: {
    initiator: {
      type: 'PARTICIPANT',
      userId: 'd40cce9cdc0945298b8120ca7de4adc7',
      email: 'chris.p.bacon@showpad.com',
      manager: null,
    },
    recipients: [
      {
        contactId: '8463e2b6c0c44715b20b2fd65201bfae',
        email: 'kent.cook@showpad.com',
        crm: { accountId: 'ACC-1', stage: null },
      },
      { contactId: null, email: 'chris.p.bacon@showpad.com' },
    ],
    sharedSpace: { id: '14aade8219854ed5b096b759e036e646', title: 'Breakfast Service', isArchived: false },
    items: [
      {
        id: '01GVZ8663CJAREF2SJE5XQRX7W',
        name: 'Q3 deck.pdf',
        size: 120_456,
        tags: ['Q3'],
        pages: [{ number: 1, seconds: 12.5 }],
      },
      {
        id: '01GVZ8663CJAREF2SJE5XQRX8A',
        name: 'Prices',
        size: null,
        tags: [],
        pages: [],
        folder: { id: 'f1' },
      },
    ],
    sharedAt: '2026-11-30T06:45:00.250Z',
    expiresAt: null,
    message: 'Hi Kent',
  },
};

/** Type checks and starts real apps, which takes a while on a busy machine. This only ends what hangs. */
const TIMEOUT_MS = 600_000;

const MISSPELT = [
  ['field', 'data.initiator.email', 'data.initiator.e_mail'],
  ['field-in-lists', '?.seconds', '?.second'],
  ['type', "'content-shared'", "'content-sharde'"],
] as const;

interface Ran {
  readonly exitCode: number;
  readonly output: string;
}

function run(app: string, script: string, ...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd: app }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

/** Compiles an app, and resolves to the files in which there is an error. What can be compiled is there all the same. */
async function filesWithErrors(app: string): Promise<readonly string[]> {
  const { output } = await run(app, TSC, '-p', '.');
  const lines = output.split('\n').filter((line) => /^\S/.test(line));
  return [...new Set(lines.map((line) => line.replace(/\(\d+,\d+\): error TS.*$/, '')))].sort();
}

/** A new app, inside of this folder, so that it finds the packages. */
function openApp(app: AppSource): string {
  const folder = mkdtempSync(join(HERE, '.app-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'src'));
  const { packageName, isModule } = app;
  const manifest = {
    name: 'app',
    type: isModule ? 'module' : 'commonjs',
    dependencies: { [packageName]: '^1.0.0' },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'sharing.json'), JSON.stringify(PASTED));
  if (packageName.endsWith('nestjs')) {
    const settings = JSON.parse(readFileSync(NEST_STARTER, 'utf8'));
    // The starter has Jest, and this app has not.
    settings.compilerOptions.types = ['node'];
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  } else {
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      types: ['node'],
      strict: true,
      noUncheckedIndexedAccess: true,
      noUnusedLocals: true,
      exactOptionalPropertyTypes: true,
      declaration: true,
      // The types of the packages themselves are checked once.
      skipLibCheck: app.framework !== 'Express',
      rootDir: 'src',
      outDir: 'dist/src',
      esModuleInterop: true,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  }
  return folder;
}

/** Starts the compiled app. Resolves to its port and to the lines that it prints. */
async function start(folder: string): Promise<{ readonly port: string; readonly lines: string[] }> {
  const env = { PATH: process.env.PATH, SHOWPAD_SIGNATURE_KEY: KEY, NO_COLOR: '1' };
  const child = spawn(process.execPath, ['dist/src/app.js'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  const lines: string[] = [];
  const port = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      const found = /^listening (\d+)$/.exec(line)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(`The app ended: ${lines.join('\n')}`)));
  });
  return { port, lines };
}

describe.each(APPS)('$framework', (app) => {
  test('goes from a Sample Body to a typed and validated handler, an emulator event and a unit test, and refuses misspelt names', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const folder = openApp(app);

    // One command.
    const added = await run(folder, COMMAND, 'events', 'add', 'sharing.json');
    expect(added).toMatchObject({ exitCode: 0 });

    // One line for a typed handler, and two more for validation.
    const lines = [app.handler, ...app.validation];
    expect(lines).toHaveLength(3);
    expect(lines.filter((line) => line.includes('\n'))).toEqual([]);
    writeFileSync(join(folder, 'src/app.ts'), sourceOf(app));
    writeFileSync(join(folder, 'src/unit.test.ts'), UNIT_TEST);
    for (const [name, right, wrong] of MISSPELT) {
      const handler = app.handler.replaceAll(right, wrong);
      expect(handler).not.toBe(app.handler);
      writeFileSync(join(folder, 'src', `${name}.ts`), sourceOf({ ...app, handler }));
    }
    // All that does not compile is what is misspelt.
    expect(await filesWithErrors(folder)).toEqual(MISSPELT.map(([name]) => `src/${name}.ts`).sort());

    // A unit test, without any preparation.
    const unit = await run(folder, '--test', 'dist/src/unit.test.js');
    expect(unit, unit.output).toMatchObject({ exitCode: 0 });

    const { port, lines: printed } = await start(folder);
    const emulator = await createEmulator({ events: join(folder, 'showpad-events'), clock: 'manual' });
    onTestFinished(() => emulator.close());
    await emulator.subscriptions.create({
      name: 'app',
      types: ['content-shared'],
      url: `http://127.0.0.1:${port}/webhooks/showpad`,
      signatureKey: KEY,
    });
    await emulator.trigger('content-shared');
    expect((await emulator.waitForDelivery()).response?.status).toBe(200);
    // The invented values of the sample.
    expect(printed).toContain('handled person-1@example.com 1.5');

    // The payload drifts: the schema notices, and the event is not lost, because Showpad tries again.
    await emulator.trigger('content-shared', { data: { ...PASTED.data, items: 'other' } });
    expect((await emulator.waitForDelivery()).response?.status).toBe(500);
  });
});

const UNIT_TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleEvent } from '@showpad-webhooks/core/testing';

test('a handler', () => {
  const { data } = sampleEvent('content-shared');
  const size: number | null | undefined = data.items[0]?.size;
  assert.equal(typeof size, 'number');
});
`;

test('your types replace those of an event whose payload the package only infers', {
  timeout: TIMEOUT_MS,
}, async () => {
  const [app] = APPS as readonly [AppSource];
  const folder = openApp(app);
  writeFileSync(
    join(folder, 'course.json'),
    JSON.stringify({ ...PASTED, type: 'COURSE_COMPLETED', data: { score: { points: 7 } } }),
  );
  expect(await run(folder, COMMAND, 'events', 'add', 'course.json')).toMatchObject({ exitCode: 0 });
  const handler = (field: string) =>
    `'COURSE_COMPLETED': ({ data }) => console.log(data.score.${field} + 1),`;
  const source = (field: string) => sourceOf({ ...app, handler: handler(field), validation: [] });
  writeFileSync(join(folder, 'src/right.ts'), source('points'));
  writeFileSync(join(folder, 'src/wrong.ts'), source('pionts'));
  expect(await filesWithErrors(folder)).toEqual(['src/wrong.ts']);
});

test('drift is found in a recording that "listen" made, and learned', { timeout: TIMEOUT_MS }, async () => {
  const [app] = APPS as readonly [AppSource];
  const folder = openApp(app);
  await run(folder, COMMAND, 'events', 'add', 'sharing.json');
  mkdirSync(join(folder, 'recordings'));
  const [first] = PASTED.data.items;
  const data = { ...PASTED.data, items: [{ ...first, size: 'secret', owner: 'secret' }], message: null };
  const body = Buffer.from(JSON.stringify({ ...PASTED, id: randomUUID(), data }));
  const recording = {
    version: 1,
    receivedAt: new Date().toISOString(),
    method: 'POST',
    headers: {},
    isAuthentic: true,
    outcome: 'handled',
    status: 200,
    body: body.toString('base64'),
  };
  writeFileSync(join(folder, 'recordings/1.json'), JSON.stringify(recording));
  const check = await run(folder, COMMAND, 'events', 'check');
  expect(check.exitCode).toBe(1);
  expect(check.output).toContain('data.items[].owner is not in the schema');
  expect(check.output).toContain('data.items[].size is string, not number or null');
  expect(check.output).toContain('data.message is null, not string');
  expect(check.output).not.toContain('secret');
  expect((await run(folder, COMMAND, 'events', 'learn', 'recordings')).exitCode).toBe(0);
  expect((await run(folder, COMMAND, 'events', 'check')).exitCode).toBe(0);
});
