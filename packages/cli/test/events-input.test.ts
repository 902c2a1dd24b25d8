import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Finished, runCommand, valuesOf } from './command.ts';
import { type App, misfitsIn, openApp } from './events-folder.ts';

/** What json-schema-to-typescript formats with. */
const requireOfTypes = createRequire(createRequire(import.meta.url).resolve('json-schema-to-typescript'));
const { format }: { format(text: string, options: object): Promise<string> } = requireOfTypes('prettier');

const ENVELOPE = { specversion: 1, id: 'c40b30f2-fabf-4c89-aed0-f5f5aaac9a24', time: '2026-11-30T06:45:00Z' };

function add(app: App, input: string | Buffer, ...flags: readonly string[]): Promise<Finished> {
  return runCommand(['events', 'add', '-', '--dir', app.dir, ...flags], { input });
}

describe('an event that is pasted', () => {
  test.each([
    ['a list', { data: [{ id: 1 }] }, [{ id: 2 }], { id: 1 }],
    ['a text', { data: 'text' }, 'other', 1],
    ['null', { data: null }, 'what it is one day', undefined],
    ['missing', {}, undefined, undefined],
  ])('may have data that is %s, and the validator accepts it', async (_, data, fits, misfit) => {
    const app = openApp();
    const finished = await add(app, JSON.stringify({ type: 'x', ...ENVELOPE, ...data }));
    expect(finished).toMatchObject({ exitCode: 0 });
    expect(await misfitsIn(app, 'x', Object(data).data)).toEqual([]);
    expect(await misfitsIn(app, 'x', fits)).toEqual([]);
    if (misfit !== undefined) expect(await misfitsIn(app, 'x', misfit)).toEqual(['']);
    expect((await runCommand(['events', 'check', '--dir', app.dir])).exitCode).toBe(0);
  });

  test('may come without data sometimes', async () => {
    const app = openApp();
    app.record('x', { a: 1 });
    app.record('x', undefined);
    expect((await runCommand(['events', 'learn', app.recordings, '--dir', app.dir])).exitCode).toBe(0);
    expect(await misfitsIn(app, 'x', { a: 1 })).toEqual([]);
    expect(await misfitsIn(app, 'x', undefined)).toEqual([]);
    expect(await misfitsIn(app, 'x', { a: 'text' })).toEqual(['a']);
  });

  test('may be in UTF-16, as PowerShell writes it', async () => {
    const app = openApp();
    const file = join(app.root, 'x.json');
    writeFileSync(file, Buffer.from(`\uFEFF${JSON.stringify({ a: 'ë' })}`, 'utf16le'));
    expect(await runCommand(['events', 'add', file, '--dir', app.dir])).toMatchObject({ exitCode: 0 });
    expect(await misfitsIn(app, 'x', { a: 1 })).toEqual(['a']);
  });

  test('may be only data that has a type, an id and a time of its own', async () => {
    const app = openApp();
    const data = { type: 'FILE', id: '1', time: '2026-11-30T06:45:00Z', name: 'Deck' };
    expect(await add(app, JSON.stringify(data), '--type', 'x')).toMatchObject({ exitCode: 0 });
    expect(await misfitsIn(app, 'x', { ...data, name: 1 })).toEqual(['name']);
  });

  test.each([
    ['an empty text', ' \n', 'The text on stdin is empty.'],
    ['another type than --type', { type: 'y', ...ENVELOPE, data: {} }, 'another event type than --type'],
    ['a JSON Schema', { $schema: 'https://json-schema.org/draft-07/schema' }, 'run "events import"'],
    ['an OpenAPI document', { openapi: '3.1.0' }, 'run "events import"'],
  ])('is not %s', async (_, content, message) => {
    const input = typeof content === 'string' ? content : JSON.stringify(content);
    const { exitCode, stderr } = await add(openApp(), input, '--type', 'x');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test.each([
    ['missing.json', 'does not exist'],
    ['src', 'is a folder'],
  ])('is not in %s, which %s', async (name, reason) => {
    const app = openApp();
    const { exitCode, stderr } = await runCommand(['events', 'add', join(app.root, name), '--dir', app.dir]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`${name}" ${reason}.`)]);
  });
});

test('a sample has a few of 1,000 items, with every field that only some of them have', async () => {
  const app = openApp();
  const items = Array.from({ length: 1_000 }, (_, index) => ({ id: index, tags: [1, 2, 3, 4, 5, 6, 7] }));
  const rare = { ...items[0], expiresAt: null, folder: { id: 'f' } };
  await add(app, JSON.stringify({ items: [...items, rare] }), '--type', 'x');
  const { data } = JSON.parse(readFileSync(join(app.dir, 'x.sample.json'), 'utf8'));
  expect(data.items).toHaveLength(5);
  expect(data.items[0]).toMatchObject({ tags: [1, 2, 3, 4, 5], expiresAt: null, folder: {} });
  expect((await runCommand(['events', 'check', '--dir', app.dir])).exitCode).toBe(0);
});

test('Prettier and ESLint leave the generated file as it is', async () => {
  const app = openApp();
  await add(app, JSON.stringify({ 'quote"d': 1, type: 'FILE', items: [{ a: null }] }), '--type', 'x');
  await add(app, '{"score":1}', '--type', 'COURSE_COMPLETED');
  const path = join(app.root, 'src/showpad-events.ts');
  const generated = readFileSync(path, 'utf8');
  expect(await format(generated, { parser: 'typescript' })).toBe(generated);
  const style = { singleQuote: true, semi: false, printWidth: 40, tabWidth: 8, trailingComma: 'none' };
  writeFileSync(path, await format(generated, { parser: 'typescript', ...style }));
  expect((await runCommand(['events', 'check', '--dir', app.dir])).exitCode).toBe(0);
  // ESLint's rules may forbid the second line too.
  expect(generated).toMatch(/^\/\* eslint-disable \*\/\n\/\/ @ts-nocheck /);
});

describe('a catalogue', () => {
  test('is looked for in the folder of the app, and the error says so', async () => {
    for (const command of ['check', 'generate']) {
      const { exitCode, stderr } = await runCommand(['events', command, '--dir', openApp().dir]);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining('in the folder of your app')]);
    }
  });

  test.each([
    ['x.schema.json', { title: 'x', type: 'strnig' }, /^error: The schema of "x" cannot be used: /],
    ['x.sample.json', { type: 'x' }, /x\.sample\.json" is not an event/],
    ['settings.json', { package: 'left-pad' }, /"left-pad" is not a package whose types can be extended\./],
  ])('with a broken %s says which file it is', async (name, content, message) => {
    const app = openApp();
    await add(app, '{"a":1}', '--type', 'x');
    writeFileSync(join(app.dir, name), JSON.stringify(content));
    const { exitCode, stderr } = await runCommand(['events', 'check', '--dir', app.dir]);
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(message)]);
  });

  test('remembers only a package that can be extended', async () => {
    const app = openApp();
    await add(app, '{"a":1}', '--type', 'x');
    const generate = (name: string) =>
      runCommand(['events', 'generate', '--package', name, '--dir', app.dir]);
    expect(await generate('left-pad')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('koa') });
    expect((await runCommand(['events', 'generate', '--dir', app.dir])).exitCode).toBe(0);
    expect((await generate('@showpad-webhooks/koa')).exitCode).toBe(0);
  });

  test('says which types have a sample, and in how many deliveries they were seen', async () => {
    const app = openApp();
    app.record('my-type', { a: 1 });
    await runCommand(['events', 'learn', app.recordings, '--dir', app.dir]);
    const { stderr } = await runCommand(['events', 'show', 'my-tpye', '--dir', app.dir]);
    expect(stderr).toContain('shared-space-user-added, shared-space-created, COURSE_COMPLETED, my-type.');
    const { stdout } = await runCommand(['events', 'list', '--dir', app.dir]);
    expect(stdout).toContain('observed in 1 delivery\n');
  });
});

describe('events check says what to do', () => {
  test('about a difference, and about a type that is not in the catalogue', async () => {
    const app = openApp();
    await add(app, '{"a":1}', '--type', 'x');
    app.record('x', { a: 'text' });
    app.record('y', {});
    app.record('shared-space-user-added', {});
    const { exitCode, stderr } = await runCommand(['events', 'check', '--dir', app.dir]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Not in the catalogue: y.');
    expect(stderr).toContain('run "events learn" with the same recordings or store');
  });

  test('if there is nothing to compare', async () => {
    const app = openApp();
    await add(app, '{"a":1}', '--type', 'x');
    app.record('x', {}, { isAuthentic: false });
    const { exitCode, stderr } = await runCommand(['events', 'check', '--dir', app.dir]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('run "listen --record"');
    expect(stderr).toContain('No difference was found.');
  });
});

test('whatever a command allows now, it prints', async () => {
  const app = openApp();
  const before = {
    same: 1,
    type: 1,
    gone: 1,
    inner: { a: 1 },
    list: [1],
    empty: [],
    map: { 'kent@example.org': 1 },
  };
  await add(app, JSON.stringify(before), '--type', 'x');
  const after = {
    same: 2,
    type: 't',
    inner: { a: null, b: 1 },
    list: ['t'],
    empty: [1],
    map: { 'kim@example.org': 't' },
    fresh: 1,
  };
  const finished = await add(app, JSON.stringify(after), '--type', 'x', '--json');
  const [{ allowed = [] } = {}] = valuesOf<{ allowed?: { path: string; change: string }[] }>(finished);
  expect(allowed.map(({ path, change }) => `${path} ${change}`).sort()).toEqual([
    'data.empty[] is new',
    'data.fresh is new',
    'data.gone can be missing',
    'data.inner.a can be null',
    'data.inner.b is new',
    'data.list[] can be string',
    'data.map.* can be string',
    'data.type can be string',
  ]);
  expect(readFileSync(join(app.dir, 'x.schema.json'), 'utf8')).not.toContain('example.org');
});

test('the emulator needs the folder that --events names', async () => {
  const folder = join(openApp().root, 'showpad-evnets');
  const { exitCode, stderr } = await runCommand(['emulator', '--port', '0', '--events', folder]);
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringContaining(`--events: there is no folder "${folder}".`),
  ]);
});
