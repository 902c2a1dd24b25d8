import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp, install, yarn } from './fresh-app.ts';
import { PACKAGES, run } from './install.ts';
import { readReadme } from './readme.ts';

const APPS = fileURLToPath(new URL('apps/', import.meta.url));
const ENVIRONMENT = { SHOWPAD_SIGNATURE_KEY: 'a-key-for-this-machine' };
const node = (app: string, args: readonly string[]) => run(process.execPath, args, app, ENVIRONMENT);

/** What the app has already, to which its README adds the package. */
const APP: Readonly<Record<string, readonly string[]>> = {
  dashboard: ['@showpad-webhooks/express', '@showpad-webhooks/sqlite', 'express', '@types/express'],
  emulator: ['@showpad-webhooks/express', 'express', '@types/express'],
  express: ['express', '@types/express'],
  fastify: ['fastify'],
  koa: ['koa', '@types/koa'],
  nestjs: ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', 'reflect-metadata', 'rxjs'],
  otel: ['@showpad-webhooks/express', 'express', '@types/express'],
  postgres: ['@types/pg'],
};
/** What an event is answered with, if the first snippet receives any. */
const STATUSES: Readonly<Record<string, number>> = {
  core: 200,
  dashboard: 202,
  express: 200,
  fastify: 200,
  fetch: 200,
  koa: 200,
  nestjs: 200,
  otel: 200,
};
/** Those that are tried with Yarn too. It also installs optional dependencies of other platforms, which the registry does not have. */
const WITH_YARN = ['core', 'express', 'fastify', 'fetch', 'koa'];

/** The README of the command begins with the command itself, and not with code. */
const readmes = PACKAGES.filter((name) => name !== 'cli').map((name) => {
  const { installs, snippet } = readReadme(name);
  return { name, snippet, installs: [...(APP[name] ?? []), ...installs] };
});
type Readme = (typeof readmes)[number];

/** A CommonJS module cannot wait for a promise before it has loaded. */
const isCommonJs = ({ snippet }: Readme): boolean => !/^(?:const .+ = )?await /m.test(snippet);

const parent = mkdtempSync(join(tmpdir(), 'showpad-webhooks-readmes-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const TOOLS = ['typescript@5.9.3', '@types/node'];
const COMPILER_OPTIONS = {
  module: 'nodenext',
  target: 'es2022',
  strict: true,
  skipLibCheck: true,
  experimentalDecorators: true,
  types: ['node'],
};

interface Result {
  readonly status: number | null;
  readonly printed: readonly string[];
}

function expectResults(output: string, selected: readonly Readme[]): void {
  const results: Record<string, Result> = JSON.parse(output);
  const found = Object.entries(results).map(([file, { status, printed }]) => {
    return [file.split('/')[0], status, printed.some((line) => line.includes('kent.cook@showpad.com'))];
  });
  const expected = selected.map(({ name }) => {
    const status = STATUSES[name] ?? null;
    return [name, status, status !== null || name === 'emulator'];
  });
  expect(found).toEqual(expected);
}

describe('the first snippet of each README runs word for word', () => {
  let npmApp: string;
  beforeAll(() => {
    npmApp = createApp(parent, 'npm');
    const all = new Set(readmes.flatMap(({ installs }) => installs));
    install('npm', npmApp, [...all, ...TOOLS]);
    for (const readme of readmes) {
      mkdirSync(join(npmApp, readme.name));
      for (const extension of isCommonJs(readme) ? ['mts', 'cts'] : ['mts']) {
        writeFileSync(join(npmApp, readme.name, `snippet.${extension}`), readme.snippet);
      }
    }
    writeFileSync(join(npmApp, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS }));
    run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], npmApp);
  });

  /** Runs compiled snippets in an app, and gives what `run-snippets.mjs` says, which is put into a folder of the app. */
  function runIn(app: string, extension: string, selected: readonly Readme[], folder = '.', runNode = node) {
    cpSync(APPS, join(app, folder), { recursive: true });
    const files = selected.map(({ name }) => `${name}/snippet.${extension}`);
    if (app !== npmApp) for (const file of files) cpSync(join(npmApp, file), join(app, file));
    return runNode(app, [join(folder, 'run-snippets.mjs'), ...files]);
  }

  test('as ESM, installed with npm', () => {
    expectResults(runIn(npmApp, 'mjs', readmes), readmes);
  });

  test('as CommonJS, installed with npm', () => {
    const selected = readmes.filter(isCommonJs);
    expectResults(runIn(npmApp, 'cjs', selected), selected);
  });

  // pnpm links only what a package.json names, so this finds what a README forgets to install.
  test('each in an app of its own, installed with pnpm', () => {
    const app = createApp(parent, 'pnpm');
    createApp(app, 'runner', { dependencies: { '@showpad-webhooks/core': 'latest' } });
    writeFileSync(join(app, 'pnpm-workspace.yaml'), "packages: ['*']\n");
    for (const { name, installs } of readmes) {
      const dependencies = Object.fromEntries(installs.map((each) => [each, 'latest']));
      createApp(app, name, { dependencies });
    }
    install('pnpm', app);
    expectResults(runIn(app, 'mjs', readmes, 'runner'), readmes);
  });

  // Yarn has no node_modules, and refuses what a package imports and does not name.
  test("with Yarn's Plug'n'Play", () => {
    const app = createApp(parent, 'yarn');
    const selected = readmes.filter(({ name }) => WITH_YARN.includes(name));
    install('yarn', app, [...new Set(selected.flatMap(({ installs }) => installs))]);
    const yarnNode = (...[folder, args]: Parameters<typeof node>) =>
      yarn(folder, ['node', ...args], ENVIRONMENT);
    expectResults(runIn(app, 'mjs', selected, '.', yarnNode), selected);
  });
});

test('npx runs the command where nothing is installed', () => {
  const app = createApp(parent, 'npx');
  const version = run('npx', ['--yes', '@showpad-webhooks/cli', '--version'], app);
  expect(version).toMatch(/^\d+\.\d+\.\d+\n$/);
});
