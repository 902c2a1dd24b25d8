import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REPOSITORY } from '../release/publish.ts';
import { type Installed, installAll, PACKAGES, readManifest, run, TYPESCRIPTS } from './install.ts';

/** What a package contains next to its build. */
const FILES: ReadonlyMap<string, readonly string[]> = new Map([
  ['aws-lambda', ['template.yaml']],
  [
    'dashboard',
    ['dashboard.css', 'dashboard.js', 'dashboard.svg', 'index.html'].map((file) => `dist/page/${file}`),
  ],
  [
    'emulator',
    ['admin.css', 'admin.js', 'admin.svg', 'index.html']
      .map((file) => `dist/admin/${file}`)
      .concat('openapi.json'),
  ],
  ['otel', ['grafana/alerts.yaml', 'grafana/dashboard.json']],
]);
/** The packages that need nothing at all. */
const STANDALONE = ['client', 'core'];
/** What the other packages need in addition to core. */
const DRIVERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['bullmq', ['bullmq']],
  [
    'cli',
    [
      '@showpad-webhooks/client',
      '@showpad-webhooks/dashboard',
      '@showpad-webhooks/emulator',
      'ajv',
      'commander',
      'json-schema-to-typescript',
      'quicktype-core',
      'yaml',
    ],
  ],
  ['emulator', ['@hono/node-server', 'hono', 'valibot']],
  ['sqlite', ['libsql']],
]);

let installed: Installed;
beforeAll(async () => {
  installed = await installAll();
});
afterAll(() => {
  if (installed) rmSync(installed.app, { recursive: true, force: true });
});

describe.each(PACKAGES)('the tarball of %s', (name) => {
  test('contains the build, the licence, the README, the changelog and nothing else', () => {
    const others = installed.contents.get(name)?.filter((path) => !/^dist\/.+\.(d\.)?[mc][jt]s$/.test(path));
    const own = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', ...(FILES.get(name) ?? [])];
    expect(others?.toSorted()).toEqual(own.toSorted());
    // The command is run and never imported, so it has one file and no types.
    expect(installed.contents.get(name)).toContain(name === 'cli' ? 'dist/bin.mjs' : 'dist/index.d.cts');
  });

  const folder = () => join(installed.app, 'node_modules/@showpad-webhooks', name);
  const manifestOf = () => readManifest(folder());

  test('says what is in this version, and links to the repository as it was then', () => {
    const { version } = manifestOf();
    expect(readFileSync(join(folder(), 'CHANGELOG.md'), 'utf8')).toContain(`## ${version}\n`);
    const readme = readFileSync(join(folder(), 'README.md'), 'utf8');
    expect(readme).not.toMatch(/\]\(\.|(?:src|srcset|href)="\./);
    for (const [, commit] of readme.matchAll(new RegExp(`${REPOSITORY}/(?:blob|raw)/([^/]+)/`, 'g'))) {
      expect(commit).toMatch(/^[0-9a-f]{40}$/);
    }
  });

  test('says where it comes from, as npm shows it and requires it for the provenance', () => {
    const manifest = manifestOf();
    expect(manifest).toMatchObject({
      author: 'the showpad-webhooks contributors',
      license: 'MIT',
      homepage: `${REPOSITORY}/tree/main/packages/${name}#readme`,
      bugs: `${REPOSITORY}/issues`,
      repository: { type: 'git', url: `git+${REPOSITORY}.git`, directory: `packages/${name}` },
      engines: { node: '>=20.19.0' },
      keywords: expect.arrayContaining(['showpad', 'webhooks']),
      description: expect.stringMatching(/ Unofficial\.$/),
    });
    expect(manifest).not.toHaveProperty('scripts');
    expect(manifest).not.toHaveProperty('devDependencies');
  });

  test('mentions nothing of the workspace', () => {
    const manifest = manifestOf();
    expect(JSON.stringify(manifest)).not.toMatch(/@showpad-webhooks\/source|workspace:/);
    if (STANDALONE.includes(name)) expect(manifest).not.toHaveProperty('dependencies');
    else {
      const others = DRIVERS.get(name) ?? [];
      const dependencies = manifest.dependencies as Record<string, string>;
      expect(Object.keys(dependencies).toSorted()).toEqual(['@showpad-webhooks/core', ...others].toSorted());
      // An exact version would keep a fix of a security problem away from users.
      for (const range of Object.values(dependencies)) expect(range).toMatch(/^\^\d/);
    }
  });
});

test('core is one copy', () => {
  for (const name of PACKAGES) {
    const nested = join(installed.app, 'node_modules/@showpad-webhooks', name, 'node_modules');
    expect(existsSync(nested) ? readdirSync(nested) : []).toEqual([]);
  }
});

test.each(['runtime.mjs', 'runtime.cjs'])('%s runs', (file) => {
  expect(run(process.execPath, [file], installed.app).trim()).toBe('ok');
});

test('the command runs as npx starts it', () => {
  const npx = (...args: readonly string[]) =>
    run('npx', ['--no-install', 'showpad-webhooks', ...args], installed.app);
  const { version } = readManifest(join(installed.app, 'node_modules/@showpad-webhooks/cli'));
  expect(npx('--version').trim()).toBe(version);
  const { signature, timestamp } = JSON.parse(npx('sign', '--body', '{}', '--key', 'key', '--json'));
  const given = ['--body', '{}', '--key', 'key', '--timestamp', `${timestamp}`, '--signature', signature];
  expect(JSON.parse(npx('verify', ...given, '--json'))).toMatchObject({ isValid: true });
});

/** Checks files of the app with one version of TypeScript, and gives its complaints. */
function check(typescript: string, name: string, compilerOptions: object, files: readonly string[]): string {
  const config = `tsconfig.${typescript}.${name}.json`;
  const options = { target: 'es2022', strict: true, noEmit: true, types: ['node'], ...compilerOptions };
  writeFileSync(join(installed.app, config), JSON.stringify({ compilerOptions: options, files }));
  const folder = join(installed.app, 'node_modules', typescript);
  const { bin } = readManifest(folder) as { bin: Record<string, string> };
  const compiler = join(folder, Object.values(bin)[0] ?? '');
  return run(process.execPath, [compiler, '-p', config], installed.app);
}

// This takes long, so only two versions do it. The types of Koa and of drivers have errors, so only errors in our own count.
test.each(['typescript-5.4', 'typescript-7'])('%s finds nothing wrong in our declarations', (typescript) => {
  const options = {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    skipLibCheck: false,
    experimentalDecorators: true,
  };
  const files = ['consumer.mts', 'consumer.cts', 'koa.mts', 'nest.ts'];
  let complaints = '';
  try {
    check(typescript, 'declarations', options, files);
  } catch (error) {
    complaints = String(error);
  }
  const diagnostics = complaints.match(/^.*error TS.*$/gm) ?? [];
  expect(diagnostics.filter((line) => !/^node_modules\/(?!@showpad-webhooks\/)/.test(line))).toEqual([]);
  expect(complaints).toMatch(/^$|@types\/koa/);
});

// TypeScript 5.4 is the oldest that users may have, and 7 the newest. What both find holds for those between.
describe.each(['typescript-5.4', 'typescript-7'])('%s', (typescript) => {
  test.each([
    ['node16', { module: 'node16', moduleResolution: 'node16' }, ['consumer.mts', 'consumer.cts', 'koa.mts']],
    [
      'bundler',
      { module: 'esnext', moduleResolution: 'bundler', esModuleInterop: true },
      ['consumer.mts', 'koa.mts'],
    ],
  ])('checks an app with %s', (name, options, files) => {
    expect(check(typescript, name, { ...options, skipLibCheck: true }, files)).toBe('');
  });
});

describe.each(TYPESCRIPTS)('%s', (typescript) => {
  test('checks an app with nodenext, and one of Nest with decorators', () => {
    const nodenext = { module: 'nodenext', moduleResolution: 'nodenext', experimentalDecorators: true };
    const files = ['consumer.mts', 'consumer.cts', 'koa.mts', 'nest.ts'];
    expect(check(typescript, 'nodenext', { ...nodenext, skipLibCheck: true }, files)).toBe('');
  });

  // TypeScript 6 has removed node10.
  const hasNode10 = typescript.startsWith('typescript-5');
  test(`${hasNode10 ? 'checks' : 'refuses'} node10, as an older app uses it`, () => {
    const options = {
      module: 'commonjs',
      moduleResolution: 'node10',
      esModuleInterop: true,
      target: 'es2021',
      strict: false,
      experimentalDecorators: true,
      skipLibCheck: true,
    };
    const checking = () => check(typescript, 'node10', options, ['node10.ts']);
    if (hasNode10) expect(checking()).toBe('');
    else expect(checking).toThrow(/node10/);
  });

  if (!hasNode10) return;
  test('checks a Nest app with decorators in CommonJS', () => {
    const commonJs = { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: true };
    const options = { ...commonJs, experimentalDecorators: true, skipLibCheck: true };
    expect(check(typescript, 'nest', options, ['nest.ts'])).toBe('');
  });
});

test('Jest 29 runs every adapter, and an inbox, in a CommonJS app', () => {
  const jest = join(installed.app, 'node_modules/jest/bin/jest.js');
  const report = run(process.execPath, [jest, '--json', '--silent', '--rootDir', 'jest'], installed.app);
  expect(JSON.parse(report)).toMatchObject({ numPassedTests: 4, numFailedTests: 0, success: true });
});
