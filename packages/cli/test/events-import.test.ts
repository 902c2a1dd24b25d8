import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand, valuesOf } from './command.ts';
import { type App, misfitsIn, openApp } from './events-folder.ts';

const OPENAPI = `
openapi: 3.0.3
info: { title: Payloads, version: '1' }
paths: {}
components:
  schemas:
    User:
      type: object
      description: Somebody. */ process.exit(1) /*
      required: [userId]
      properties:
        userId: { type: string, format: uuid, minLength: 3, example: kent@example.org }
        manager: { $ref: '#/components/schemas/User' }
        nickname: { type: string, nullable: true, pattern: '^(a+)+$' }
    Envelope:
      type: object
      properties:
        id: { type: string }
    ContentShared:
      allOf:
        - $ref: '#/components/schemas/Envelope'
        - type: object
          properties:
            type: { type: string, enum: [content-shared] }
            data:
              type: object
              additionalProperties: false
              required: [by, state]
              properties:
                by: { $ref: '#/components/schemas/User' }
                state: { type: string, enum: [OPEN, CLOSED] }
                target:
                  oneOf:
                    - { type: object, required: [kind], properties: { kind: { enum: [asset] }, assetId: { type: string } } }
                    - { type: object, required: [kind], properties: { kind: { enum: [space] }, spaceId: { type: string } } }
`;

async function importFile(app: App, name: string, content: unknown, ...flags: readonly string[]) {
  return runCommand(['events', 'import', app.write(name, content), '--dir', app.dir, '--json', ...flags]);
}

function schemaOf(app: App, type: string) {
  return JSON.parse(readFileSync(join(app.dir, `${type}.schema.json`), 'utf8'));
}

describe('events import', () => {
  test('reads the events of an OpenAPI document, with schemas that refer to themselves', async () => {
    const app = openApp();
    const finished = await importFile(app, 'payloads.yaml', OPENAPI);
    expect(finished).toMatchObject({ exitCode: 0 });
    expect(valuesOf(finished)[0]).toMatchObject({ type: 'content-shared', change: 'added' });
    expect(readdirSync(app.dir)).toEqual(['content-shared.sample.json', 'content-shared.schema.json']);
    const schema = schemaOf(app, 'content-shared');
    expect(schema).toMatchObject({
      'x-showpad-origins': { payloadReference: true },
      properties: { by: { $ref: '#/$defs/User' } },
      $defs: {
        User: { properties: { manager: { $ref: '#/$defs/User' }, nickname: { type: ['string', 'null'] } } },
      },
    });
    expect(JSON.stringify(schema)).not.toContain('kent@');
    const generated = readFileSync(join(app.root, 'src/showpad-events.ts'), 'utf8');
    expect(generated).toContain("state: 'OPEN' | 'CLOSED';");
    expect(generated).toMatch(/manager\?: User/);
    expect(generated).not.toContain('*/ process');
    // Its sample fits.
    expect((await runCommand(['events', 'check', '--dir', app.dir])).exitCode).toBe(0);
  });

  test('reads the webhooks of OpenAPI 3.1, whose names are the types', async () => {
    const app = openApp();
    const schema = {
      type: 'object',
      properties: {
        type: { type: 'string' },
        data: { type: 'object', properties: { a: { type: 'integer' } } },
      },
    };
    const content = { 'application/json': { schema } };
    await importFile(app, 'openapi.json', {
      openapi: '3.1.0',
      webhooks: { 'asset-viewed': { post: { requestBody: { content } } } },
    });
    expect(schemaOf(app, 'asset-viewed').properties).toEqual({ a: { type: 'integer' } });
  });

  test('reads a JSON Schema of data with --type, and of several events with oneOf', async () => {
    const app = openApp();
    await importFile(
      app,
      'data.json',
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      '--type',
      'one',
    );
    expect(schemaOf(app, 'one')).toMatchObject({ required: ['a'] });
    const event = (type: string) => ({
      properties: { type: { const: type }, data: { $ref: '#/$defs/Data' } },
    });
    await importFile(app, 'events.json', {
      oneOf: [event('two'), event('three')],
      $defs: { Data: { type: 'object' } },
    });
    expect(schemaOf(app, 'two')).toMatchObject({ type: 'object' });
    expect(schemaOf(app, 'three')).toBeDefined();
  });

  test('widens what is there', async () => {
    const app = openApp();
    await runCommand(['events', 'add', '-', '--type', 'one', '--dir', app.dir], { input: '{"a":"x","b":1}' });
    await importFile(
      app,
      'data.json',
      { type: 'object', properties: { a: { type: 'integer' }, c: {} }, required: ['a', 'c'] },
      '--type',
      'one',
    );
    expect(schemaOf(app, 'one')).toMatchObject({
      properties: { a: { type: ['string', 'integer'] }, b: { type: 'number' }, c: {} },
      required: ['a'],
      'x-showpad-origins': { sampleBody: true, payloadReference: true },
    });
  });

  test('says what a document allows that the catalogue did not allow', async () => {
    const app = openApp();
    await runCommand(['events', 'add', '-', '--type', 'one', '--dir', app.dir], { input: '{"a":"x","b":1}' });
    const finished = await importFile(
      app,
      'data.json',
      { type: 'object', properties: { a: { type: 'integer' }, c: { enum: ['x'] } }, required: ['a'] },
      '--type',
      'one',
    );
    expect(valuesOf<{ allowed?: object[] }>(finished)[0]?.allowed).toEqual([
      { path: 'data.a', change: 'can be integer' },
      { path: 'data.c', change: 'is new' },
      { path: 'data.b', change: 'can be missing' },
    ]);
  });

  test('reads the webhooks of OpenAPI 3.0, which are an extension there', async () => {
    const app = openApp();
    const schema = { properties: { data: { type: 'object' } } };
    const hook = { post: { requestBody: { content: { 'application/json': { schema } } } } };
    await importFile(app, 'openapi.json', { openapi: '3.0.3', 'x-webhooks': { 'asset-viewed': hook } });
    expect(schemaOf(app, 'asset-viewed')).toMatchObject({ type: 'object' });
  });

  test('keeps what schemas refer to when one of them changes, and says what changed', async () => {
    const app = openApp();
    const documentOf = (user: object, more: object = {}) => ({
      openapi: '3.0.3',
      components: {
        schemas: {
          Shared: { properties: { type: { enum: ['x'] }, data: { $ref: '#/components/schemas/Data' } } },
          Data: {
            allOf: [{ $ref: '#/components/schemas/Base' }],
            type: 'object',
            properties: {
              by: { $ref: '#/components/schemas/User' },
              parent: { $ref: '#/components/schemas/Data' },
            },
          },
          Base: { type: 'object', properties: { id: { type: 'string' } } },
          User: { type: 'object', properties: { name: { type: 'string' }, ...user } },
          Plain: {
            properties: {
              type: { enum: ['plain'] },
              data: { type: 'object', properties: { by: { $ref: '#/components/schemas/User' }, ...more } },
            },
          },
        },
      },
    });
    expect(await importFile(app, 'one.json', documentOf({}))).toMatchObject({ exitCode: 0 });
    expect((await runCommand(['events', 'check', '--dir', app.dir])).exitCode).toBe(0);
    const generated = readFileSync(join(app.root, 'src/showpad-events.ts'), 'utf8');
    expect(generated).toContain('x: XData');
    const changed = await importFile(
      app,
      'two.json',
      documentOf({ age: { type: 'number' } }, { n: { type: 'number' } }),
    );
    expect(valuesOf(changed)).toMatchObject([
      { type: 'x', allowed: [{ path: 'User.age', change: 'is new' }] },
      {
        type: 'plain',
        allowed: [
          { path: 'data.n', change: 'is new' },
          { path: 'User.age', change: 'is new' },
        ],
      },
      { generated: 'src/showpad-events.ts' },
    ]);
    app.record('x', { by: { name: 'x', age: 'old' }, parent: { by: { name: 1 } }, id: 1, more: 1 });
    const checked = await runCommand(['events', 'check', '--dir', app.dir]);
    expect(checked.stdout).toContain('data.by.age is string, not number');
    expect((await runCommand(['events', 'learn', app.recordings, '--dir', app.dir])).exitCode).toBe(0);
    expect((await runCommand(['events', 'check', '--dir', app.dir])).exitCode).toBe(0);
  });

  test('reads one schema of a document whose schemas do not name their event types', async () => {
    const app = openApp();
    const document = {
      openapi: '3.0.3',
      components: {
        schemas: {
          Shared: { type: 'object', properties: { by: { $ref: '#/components/schemas/User' } } },
          User: { type: 'object', properties: { id: { type: 'string' } } },
        },
      },
    };
    const withoutName = await importFile(app, 'openapi.json', document, '--type', 'content-shared');
    expect([withoutName.exitCode, withoutName.stderr]).toEqual([2, expect.stringContaining('Shared, User')]);
    const withoutType = await importFile(app, 'openapi.json', document, '--schema', 'Shared');
    expect([withoutType.exitCode, withoutType.stderr]).toEqual([2, expect.stringContaining('--type')]);
    const misspelt = await importFile(app, 'openapi.json', document, '--schema', 'Shard', '--type', 'x');
    expect([misspelt.exitCode, misspelt.stderr]).toEqual([2, expect.stringContaining('Shared, User')]);
    await importFile(app, 'openapi.json', document, '--schema', 'Shared', '--type', 'content-shared');
    expect(await misfitsIn(app, 'content-shared', { by: { id: 1 } })).toEqual(['by.id']);
  });

  test('reads what OpenAPI 3.0 and older drafts say in another way, and checks only the shape', async () => {
    const app = openApp();
    const codes = Array.from({ length: 300 }, (_, index) => `C${index}`);
    const properties = {
      limited: { type: 'number', minimum: 3, exclusiveMinimum: true, multipleOf: 7 },
      list: { type: 'array', minItems: 3, items: { type: 'string' } },
      pair: { type: 'array', items: [{ type: 'string' }, { type: 'number' }] },
      state: { type: 'string', nullable: true, enum: ['OPEN'] },
      code: { enum: codes },
      shape: { enum: [{ a: 1 }] },
      anything: true,
      id: { id: 'http://example.com/id', $schema: 'http://json-schema.org/draft-04/schema#', type: 'string' },
      'require("ajv': { type: 'string' },
      'a%b': { $ref: '#/definitions/a%b' },
      self: { $ref: '#' },
    };
    const definitions = { 'a%b': { type: 'string' } };
    const finished = await importFile(app, 'data.json', { properties, definitions }, '--type', 'x');
    expect(finished).toMatchObject({ exitCode: 0 });
    expect(schemaOf(app, 'x').properties).toMatchObject({
      pair: { prefixItems: [{ type: 'string' }, { type: 'number' }] },
      state: { type: ['string', 'null'], enum: ['OPEN', null] },
    });
    const fits = {
      limited: 1,
      list: [],
      pair: ['a', 1],
      state: null,
      code: 'C299',
      shape: { a: 2 },
      'require("ajv': 't',
      self: { limited: 0 },
    };
    expect(readFileSync(join(app.root, 'src/showpad-events.ts'), 'utf8')).toContain('list?: string[];');
    expect(await misfitsIn(app, 'x', fits)).toEqual([]);
    const misfit = { limited: 't', pair: [1], code: 'C300', 'a%b': 1, self: { self: { state: 'SHUT' } } };
    expect([...(await misfitsIn(app, 'x', misfit))].sort()).toEqual([
      'a%b',
      'code',
      'limited',
      'pair.0',
      'self.self.state',
    ]);
    expect((await runCommand(['events', 'check', '--dir', app.dir])).exitCode).toBe(0);
  });

  test.each([
    ['a type that does not exist', { type: 'strnig' }],
    ['fields that are no schemas', { properties: [1] }],
    ['a field that is no schema', { properties: { a: 1 } }],
    ['a reference that is no text', { $ref: 5 }],
  ])('keeps nothing of a schema with %s', async (_, schema) => {
    const app = openApp();
    const { exitCode, stderr } = await importFile(app, 'data.json', schema, '--type', 'x');
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('The schema of "x" cannot be used: ')]);
    expect(existsSync(app.dir)).toBe(false);
  });

  test.each([
    ['what is neither JSON nor YAML', '{a: [', 'neither JSON nor YAML'],
    ['a list', '[1]', 'neither a JSON Schema nor an OpenAPI document'],
    ['a schema without a type', '{"type":"object","properties":{"secret":{"type":"string"}}}', '--type'],
    ['OpenAPI without events', '{"openapi":"3.1.0"}', 'neither webhooks nor schemas'],
    [
      'another document',
      '{"properties":{"type":{"const":"x"},"data":{"$ref":"http://127.0.0.1:9/x.json"}}}',
      'refers to another document',
    ],
    [
      'another file',
      '{"properties":{"type":{"const":"x"},"data":{"$ref":"file:///etc/passwd"}}}',
      'refers to another document',
    ],
    [
      'a reference to nothing',
      '{"properties":{"type":{"const":"x"},"data":{"$ref":"#/$defs/__proto__"}}}',
      'not in it',
    ],
    [
      'a circle',
      '{"properties":{"type":{"const":"x"},"data":{"$ref":"#/$defs/a"}},"$defs":{"a":{"$ref":"#/$defs/a"}}}',
      'back to itself',
    ],
    ['an event', '{"type":"x","specversion":1,"id":"1","data":{"secret":1}}', 'run "events add"'],
    ['a value that contains itself', 'a: &a { b: *a }', 'neither JSON nor YAML'],
    ['deep nesting', `${'{"properties":{"secret":'.repeat(200)}{}${'}}'.repeat(200)}`, 'nests too deeply'],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`)
        .join('\n')}`,
      'neither JSON nor YAML',
    ],
  ])('refuses %s, and does not quote it', async (_, content, message) => {
    const { exitCode, stderr } = await importFile(openApp(), 'file.yaml', content);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
    expect(stderr).not.toContain('secret');
  });
});
