import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createReceiver } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { createSqliteInbox } from '@showpad-webhooks/sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCommand, valuesOf } from './command.ts';
import { openApp, SHARED } from './events-folder.ts';

const PERSONAL = [
  'chris',
  'kent',
  'bacon',
  'cook',
  'showpad.com',
  'acme',
  'd40cce9c',
  '8463e2b6',
  '14aade82',
  'ACC-77812',
  '01GVZ8663',
  '32477',
  '477 12',
  'Breakfast',
  'Q3',
  'Price',
  '120456',
  'c40b30f2',
  '06:45',
  '2026-11-30',
  'xYz123',
];

function readJson(...path: readonly string[]) {
  return JSON.parse(readFileSync(join(...path), 'utf8'));
}

function textOf(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

describe('events add', () => {
  test('makes a schema, a sample and types of a Sample Body with one command', async () => {
    const app = openApp();
    const finished = await runCommand([
      'events',
      'add',
      app.write('sharing.json', SHARED),
      '--dir',
      app.dir,
      '--json',
    ]);
    expect(finished.exitCode).toBe(0);
    expect(valuesOf(finished)).toEqual([
      { type: 'content-shared', change: 'added', allowed: [] },
      { generated: 'src/showpad-events.ts', isChanged: true },
    ]);
    const schema = readJson(app.dir, 'content-shared.schema.json');
    expect(schema).toMatchObject({ title: 'content-shared', 'x-showpad-origins': { sampleBody: true } });
    const { items, initiator, views, recipients } = schema.properties;
    expect(initiator.properties.type).toEqual({ type: 'string', examples: ['PARTICIPANT'] });
    expect(items.items.properties.size).toEqual({ type: ['number', 'null'] });
    expect(recipients.items.required).toEqual(['contactId', 'email']);
    expect(views).toEqual({
      type: 'object',
      properties: {},
      required: [],
      additionalProperties: { type: 'number' },
    });
    const generated = readFileSync(join(app.root, 'src/showpad-events.ts'), 'utf8');
    expect(generated).toContain("declare module '@showpad-webhooks/express'");
    expect(generated).toContain("type: 'PARTICIPANT' | (string & {});");
  });

  test('keeps nothing of a person or of an organization, in any file', async () => {
    const app = openApp();
    const file = app.write('sharing.json', SHARED);
    const { stdout, stderr } = await runCommand(['events', 'add', file, '--dir', app.dir]);
    const generated = readFileSync(join(app.root, 'src/showpad-events.ts'), 'utf8');
    const everything = `${textOf(app.dir)}${generated}${stdout}${stderr}`.toLowerCase();
    expect(PERSONAL.filter((text) => everything.includes(text.toLowerCase()))).toEqual([]);
  });

  test('invents the same values each time, equal ones for equal ones, and of the same form', async () => {
    const samples: unknown[] = [];
    for (let run = 0; run < 2; run++) {
      const app = openApp();
      await runCommand(['events', 'add', app.write('sharing.json', SHARED), '--dir', app.dir]);
      samples.push(readJson(app.dir, 'content-shared.sample.json'));
    }
    expect(samples[0]).toEqual(samples[1]);
    const { data } = samples[0] as typeof SHARED;
    expect(data.initiator.email).toBe(data.recipients[1].email);
    expect(data.initiator.email).not.toBe(data.recipients[0].email);
    expect(data.initiator.userId).toMatch(/^[\da-f]{32}$/);
    expect(data.items[0].id).toMatch(/^01[\dA-F]{24}$/);
    expect(data).toMatchObject({
      count: 2,
      isBatched: true,
      expiresAt: null,
      language: 'en-GB',
      initiator: { type: 'PARTICIPANT' },
    });
    expect(data.items[0].mimeType).toBe('application/pdf');
  });

  test('does not depend on what a value was, so that nobody can find it by trying', async () => {
    const texts: string[] = [];
    for (const id of ['14aade8219854ed5b096b759e036e646', 'ffffffffffffffffffffffffffffffff']) {
      const app = openApp();
      const event = {
        type: 'x',
        specversion: 1,
        data: { id, email: `${id}@example.org`, total: id.startsWith('f') ? 123_456 : 654_321 },
      };
      await runCommand(['events', 'add', app.write('x.json', event), '--dir', app.dir]);
      texts.push(textOf(app.dir));
    }
    expect(texts[0]).toBe(texts[1]);
  });

  test.each([
    ['a code block', `\`\`\`json\n${JSON.stringify(SHARED)}\n\`\`\`\n`],
    ['a byte order mark', `\uFEFF${JSON.stringify(SHARED)}`],
    ['spaces that do not break', JSON.stringify(SHARED, null, 2).replaceAll('  ', '\u00A0\u00A0')],
    ['a list', JSON.stringify([SHARED, SHARED])],
  ])('reads %s from stdin', async (_, input) => {
    const app = openApp();
    const finished = await runCommand(['events', 'add', '-', '--dir', app.dir], { input });
    expect(finished.exitCode).toBe(0);
    expect(readJson(app.dir, 'content-shared.schema.json').required).toContain('initiator');
  });

  test('takes the type of a Sample Body that is only data from --type, or from the name of the file', async () => {
    const app = openApp();
    const file = app.write('asset-viewed.json', { asset: { type: 'FILE' }, seconds: 3 });
    await runCommand(['events', 'add', file, '--dir', app.dir]);
    await runCommand(['events', 'add', '-', '--type', 'A/../B', '--dir', app.dir], {
      input: '{"seconds":3}',
    });
    expect(readdirSync(app.dir).sort()).toEqual([
      'A_B.sample.json',
      'A_B.schema.json',
      'asset-viewed.sample.json',
      'asset-viewed.schema.json',
    ]);
    const withoutType = await runCommand(['events', 'add', '-', '--dir', app.dir], {
      input: '{"secret":"hunter2"}',
    });
    expect(withoutType).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--type') });
    expect(withoutType.stderr).not.toContain('hunter2');
  });

  test.each([
    ['{"name":"Kent Cook"', 'not JSON'],
    ['[1]', 'not a JSON object'],
    [`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`, 'nests deeper'],
  ])('refuses what is no event without quoting it', async (input, message) => {
    const app = openApp();
    const { exitCode, stderr } = await runCommand(['events', 'add', '-', '--type', 'x', '--dir', app.dir], {
      input,
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('Kent');
  });

  test('takes fields with hostile names for what they are', async () => {
    const app = openApp();
    const data = `{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":"x","hasOwnProperty":1,"it's \\"*/":1,"valueOf":null,"a":{"constructor":1}}`;
    const finished = await runCommand(['events', 'add', '-', '--dir', app.dir], {
      input: `{"type":"hostile","specversion":1,"data":${data}}`,
    });
    expect(finished).toMatchObject({ exitCode: 0 });
    expect(({} as { polluted?: true }).polluted).toBeUndefined();
    const { properties } = readJson(app.dir, 'hostile.schema.json');
    expect(Object.keys(properties).sort()).toEqual(['a', 'hasOwnProperty', 'toString', 'valueOf']);
    expect(readFileSync(join(app.root, 'src/showpad-events.ts'), 'utf8')).toContain(
      'hasOwnProperty: number;',
    );
    expect((await runCommand(['events', 'check', '--dir', app.dir])).exitCode).toBe(0);
  });

  test('keeps two types apart whose files would have one name', async () => {
    const app = openApp();
    for (const type of ['a/b', 'a.b', 'A B', '../../x']) {
      await runCommand(['events', 'add', '-', '--type', type, '--dir', app.dir], { input: '{"a":1}' });
    }
    const types = readdirSync(app.dir)
      .filter((name) => name.includes('.schema.'))
      .map((name) => readJson(app.dir, name).title);
    expect(types.sort()).toEqual(['../../x', 'A B', 'a.b', 'a/b']);
    expect((await runCommand(['events', 'check', '--dir', app.dir])).exitCode).toBe(0);
  });

  test('adds to the catalogue also if there is no app to generate types for', async () => {
    const app = openApp('express');
    const finished = await runCommand(['events', 'add', app.write('sharing.json', SHARED), '--dir', app.dir]);
    expect(finished).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('names no package of showpad-webhooks'),
    });
    expect((await runCommand(['events', 'check', '--dir', app.dir])).exitCode).toBe(0);
    const named = [
      'events',
      'generate',
      '--dir',
      app.dir,
      '--package',
      '@showpad-webhooks/koa',
      '--out',
      'types.ts',
    ];
    expect((await runCommand(named)).exitCode).toBe(0);
    writeFileSync(join(app.root, 'types.ts'), '');
    // The flags are remembered.
    expect((await runCommand(['events', 'generate', '--dir', app.dir])).exitCode).toBe(0);
    expect(readFileSync(join(app.root, 'types.ts'), 'utf8')).toContain(
      "declare module '@showpad-webhooks/koa'",
    );
  });
});

describe('events learn', () => {
  test('finds optional, nullable, mixed and enum-like fields over all deliveries', async () => {
    const app = openApp();
    app.record('x', { status: 'OPEN', id: 'a', score: 1, note: null, tags: [] });
    app.record('x', { status: 'CLOSED', id: 'b', score: 'high', note: 'hi', tags: ['t'] });
    app.record('x', {
      status: 'OPEN',
      id: 'c',
      score: 2.5,
      extra: { deep: [{ a: 1 }, {}] },
      note: 'x',
      tags: [null],
    });
    app.record('x', { status: 7, forged: true }, { isAuthentic: false });
    const finished = await runCommand(['events', 'learn', app.recordings, '--dir', app.dir]);
    expect(finished).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('not authentic: 1') });
    const { properties, required, 'x-showpad-origins': origins } = readJson(app.dir, 'x.schema.json');
    expect(origins).toEqual({ observedDeliveries: 3 });
    expect(required.sort()).toEqual(['id', 'note', 'score', 'status', 'tags']);
    expect(properties).toMatchObject({
      status: { type: 'string', examples: ['CLOSED', 'OPEN'] },
      score: { type: ['string', 'number'] },
      note: { type: ['string', 'null'] },
      tags: { type: 'array', items: { type: ['string', 'null'] } },
      extra: { properties: { deep: { items: { properties: { a: { type: 'number' } }, required: [] } } } },
    });
    expect(properties.forged).toBeUndefined();
    const before = textOf(app.dir);
    await runCommand(['events', 'learn', app.recordings, '--dir', app.dir]);
    expect(textOf(app.dir)).toBe(before);
  });

  test('only widens what is there, keeps what somebody wrote into it, and says what changed', async () => {
    const app = openApp();
    await runCommand(['events', 'add', '-', '--dir', app.dir], {
      input: '{"type":"x","specversion":1,"data":{"a":1,"b":{"c":"t"},"d":"t"}}',
    });
    const path = join(app.dir, 'x.schema.json');
    const schema = readJson(path);
    schema.properties.a.description = 'How many there are.';
    schema.properties.d = { enum: ['t', 'u'] };
    writeFileSync(path, JSON.stringify(schema));
    app.record('x', { a: null, b: { c: 't', 'new': 1 }, d: 'other' });
    const finished = await runCommand(['events', 'learn', app.recordings, '--dir', app.dir, '--json']);
    expect(valuesOf<{ allowed?: object[] }>(finished)[0]?.allowed).toEqual([
      { path: 'data.a', change: 'can be null' },
      { path: 'data.b.new', change: 'is new' },
      { path: 'data.d', change: 'allows more' },
    ]);
    expect(readJson(path)).toMatchObject({
      properties: {
        a: { type: ['number', 'null'], description: 'How many there are.' },
        b: { properties: { c: { type: 'string' }, new: { type: 'number' } }, required: ['c'] },
        d: { anyOf: [{ enum: ['t', 'u'] }, { type: 'string' }] },
      },
      required: ['a', 'b', 'd'],
    });
    expect((await runCommand(['events', 'check', '--dir', app.dir])).exitCode).toBe(0);
  });

  test('learns from the inbox in a SQLite file, and finds drift there', async () => {
    const app = openApp();
    const file = join(app.root, 'showpad.db');
    const inbox = createSqliteInbox({ file });
    const receiver = createReceiver({ keys: 'a-key', inbox });
    const store = async (id: string, data: unknown) => {
      const { outcome } = await receiver.receive(signedDelivery({ type: 'x', id, data }, { key: 'a-key' }));
      expect(outcome).toBe('queued');
    };
    const over = ['--store', `sqlite:${file}`, '--dir', app.dir];
    await receiver.start();
    await store('1', { a: 1 });
    await store('2', { a: 'x' });
    expect((await runCommand(['events', 'learn', ...over])).exitCode).toBe(0);
    expect(readJson(app.dir, 'x.schema.json').properties).toEqual({ a: { type: ['string', 'number'] } });
    expect((await runCommand(['events', 'check', ...over])).exitCode).toBe(0);
    await store('3', { a: null });
    expect((await runCommand(['events', 'check', ...over])).exitCode).toBe(1);
    await receiver.close();
    expect(await inbox.counts().catch(() => 'closed')).toBe('closed');
  });

  test('opens only an inbox that is there, as the command "inbox" does', async () => {
    const app = openApp();
    const file = join(app.root, 'showpad.db');
    const receiver = createReceiver({ keys: 'a-key', inbox: createSqliteInbox({ file }) });
    await receiver.start();
    await receiver.receive(signedDelivery({ type: 'x', id: '1', data: { a: 1 } }, { key: 'a-key' }));
    const address = app.write('store.txt', `sqlite:${file}\n`);
    const learn = (...flags: readonly string[]) =>
      runCommand(['events', 'learn', '--dir', app.dir, '--store', ...flags]);
    const misnamed = await learn(`@${address}`, '--inbox', 'typo');
    expect([misnamed.exitCode, misnamed.stderr]).toEqual([
      1,
      expect.stringContaining('There is no inbox "typo" in this file. The file has: "default".'),
    ]);
    const empty = app.write('empty.db', '');
    expect((await learn(`sqlite:${empty}`)).exitCode).toBe(1);
    expect(readFileSync(empty)).toHaveLength(0);
    expect((await learn(`@${address}`)).exitCode).toBe(0);
    expect(readJson(app.dir, 'x.schema.json').properties).toEqual({ a: { type: 'number' } });
    await receiver.close();
  });

  test.each([
    [['--store', 'sqlite:no-such-file.db'], 'there is no file "no-such-file.db"'],
    [['--store', 'mysql://localhost'], '--store must be "sqlite:" and a file'],
    [[], 'nothing to learn from'],
  ])('refuses %j', async (flags, message) => {
    const app = openApp();
    const { exitCode, stderr } = await runCommand(['events', 'learn', ...flags, '--dir', app.dir]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(existsSync('no-such-file.db')).toBe(false);
  });

  test('generates nothing if no delivery was authentic', async () => {
    const app = openApp();
    app.record('x', { forged: true }, { isAuthentic: false });
    expect((await runCommand(['events', 'learn', app.recordings, '--dir', app.dir])).exitCode).toBe(0);
    expect(readdirSync(app.root).sort()).toEqual(['package.json', 'recordings', 'src']);
    expect(readdirSync(join(app.root, 'src'))).toEqual([]);
  });

  test('goes on after a delivery that contains no event', async () => {
    const app = openApp();
    app.record('', {});
    app.record('deep', JSON.parse(`${'['.repeat(4_000)}${']'.repeat(4_000)}`));
    app.record('x', { a: 1 });
    const { exitCode, stderr } = await runCommand(['events', 'learn', app.recordings, '--dir', app.dir]);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('can be read: 2'),
    });
  });
});

describe('events check', () => {
  test('exits with 1 if the generated file is missing, changed by hand, or older than a schema', async () => {
    const app = openApp();
    const check = () => runCommand(['events', 'check', '--dir', app.dir, '--json']);
    await runCommand(['events', 'add', app.write('sharing.json', SHARED), '--dir', app.dir]);
    expect((await check()).exitCode).toBe(0);
    const path = join(app.root, 'src/showpad-events.ts');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replaceAll('\n', '\r\n'));
    expect((await check()).exitCode, 'Git may change line breaks').toBe(0);
    writeFileSync(path, `${text}//`);
    expect(valuesOf(await check())).toEqual([{ outOfDate: 'src/showpad-events.ts' }]);
    rmSync(path);
    expect((await check()).exitCode).toBe(1);
  });

  test('lists field by field how recordings differ, without values', async () => {
    const app = openApp();
    await runCommand(['events', 'add', app.write('sharing.json', SHARED), '--dir', app.dir]);
    const [first] = SHARED.data.items;
    const { sharedAt: _, ...rest } = SHARED.data;
    app.record('content-shared', SHARED.data);
    for (const size of ['12 MB secret', 'x']) {
      const drifted = {
        ...rest,
        items: [first, { ...first, size, owner: 'secret' }],
        views: { 'secret@example.com': 'secret' },
      };
      app.record('content-shared', drifted);
    }
    app.record('content-shared', { forged: 'secret' }, { isAuthentic: false });
    const finished = await runCommand(['events', 'check', '--dir', app.dir, '--json']);
    expect(finished.exitCode).toBe(1);
    const common = { type: 'content-shared', events: 2, in: 'delivery' };
    expect(valuesOf(finished)).toEqual([
      { ...common, path: 'data.items[].owner', problem: 'is not in the schema' },
      { ...common, path: 'data.items[].size', problem: 'is string, not number or null' },
      { ...common, path: 'data.sharedAt', problem: 'is missing' },
      { ...common, path: 'data.views.*', problem: 'is string, not number' },
    ]);
    expect(finished.stdout + finished.stderr).not.toContain('secret');
    const learned = await runCommand(['events', 'learn', app.recordings, '--dir', app.dir]);
    expect(learned.stdout + learned.stderr + textOf(app.dir)).not.toContain('secret');
    expect((await runCommand(['events', 'check', app.recordings, '--dir', app.dir])).exitCode).toBe(0);
  });
});

describe('events list and show', () => {
  test('know the catalogue', async () => {
    const app = openApp();
    await runCommand(['events', 'add', app.write('sharing.json', SHARED), '--dir', app.dir]);
    const listed = valuesOf<{ type: string }>(
      await runCommand(['events', 'list', '--dir', app.dir, '--json']),
    );
    expect(listed.at(-1)).toEqual({
      type: 'content-shared',
      isDocumented: false,
      origins: { sampleBody: true },
    });
    const shown = await runCommand(['events', 'show', 'content-shared', '--dir', app.dir]);
    expect(JSON.parse(shown.stdout)).toEqual(readJson(app.dir, 'content-shared.sample.json'));
    const schema = await runCommand(['events', 'show', 'content-shared', '--schema', '--dir', app.dir]);
    expect(JSON.parse(schema.stdout)).toMatchObject({ properties: { count: { type: 'number' } } });
    expect((await runCommand(['events', 'show', 'unknown', '--dir', app.dir])).exitCode).toBe(2);
  });
});

test('trigger sends the sample of the catalogue, and does not doubt it', async () => {
  const app = openApp();
  const before = process.cwd();
  process.chdir(app.root);
  onTestFinished(() => process.chdir(before));
  await runCommand(['events', 'add', app.write('sharing.json', SHARED)]);
  const args = ['trigger', 'content-shared', '--to', 'http://127.0.0.1:9/', '--key', 'a-key', '--print-curl'];
  const { exitCode, stdout, stderr } = await runCommand(args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain('person-1@example.com');
});
