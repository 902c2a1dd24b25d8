import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run, useRegistry } from './install.ts';
import { deliverTo, startApp } from './start-app.ts';

// The configuration in these folders is that of @nestjs/schematics 10.2.3, 11.1.0 and 12.0.6, without its option "strict".
const STARTERS = fileURLToPath(new URL('starters/', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../packages/cli/dist/bin.mjs', import.meta.url));
/** The README of the package, and the part about Nest of the project's. */
const READMES = ['../../packages/nestjs/README.md', '../../README.md'].map((path) =>
  readFileSync(new URL(path, import.meta.url), 'utf8'),
);

interface Starter {
  readonly name: string;
  readonly packageManager: 'npm' | 'pnpm';
  /** How many tests run: the two of the README and, if the starter has jsdom, the one for it. */
  readonly testCount: number;
}

const starters: readonly Starter[] = [
  { name: 'nest-10', packageManager: 'npm', testCount: 3 },
  // With pnpm core cannot be imported, because it links nothing that the app does not name.
  { name: 'nest-11', packageManager: 'pnpm', testCount: 3 },
  // Its Jest can load Nest 12, which is ESM, only on Node 24.9 and newer.
  { name: 'nest-12', packageManager: 'pnpm', testCount: 0 },
  { name: 'nest-12-esm', packageManager: 'npm', testCount: 2 },
];

const folder = mkdtempSync(join(tmpdir(), 'showpad-webhooks-starters-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }), 240_000);

/** The snippets of the READMEs, as files of the app. */
function snippets(): ReadonlyMap<string, string> {
  const fences = READMES.flatMap((text) => [
    ...text.matchAll(/^```ts[^\n]*\n(?<code>[\s\S]*?)^```$/gm),
  ]).filter(({ groups }) => groups?.code?.includes('@nestjs/common'));
  return new Map(
    fences.map(({ groups }, index) => {
      const code = groups?.code ?? '';
      return [`snippet-${index + 1}${/^it\(/m.test(code) ? '.spec' : ''}.ts`, code];
    }),
  );
}

/** Installs the package into a fresh app of the starter, and writes the snippets into its sources. */
function install({ name, packageManager, testCount }: Starter): string {
  const app = join(folder, name);
  cpSync(join(STARTERS, name), app, { recursive: true });
  mkdirSync(join(app, 'src'));
  for (const file of ['main.ts', 'wrong-handlers.ts']) {
    cpSync(join(STARTERS, 'src', file), join(app, 'src', file));
  }
  if (testCount === 3) cpSync(join(STARTERS, 'src/jsdom.spec.ts'), join(app, 'src/jsdom.spec.ts'));
  for (const [file, code] of snippets()) writeFileSync(join(app, 'src', file), code);
  const manifest = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'));
  const dependencies = { ...manifest.dependencies, '@showpad-webhooks/nestjs': 'latest' };
  writeFileSync(join(app, 'package.json'), JSON.stringify({ ...manifest, dependencies }));
  useRegistry(app);
  if (packageManager === 'npm') {
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], app);
  } else run('pnpm', ['install', '--ignore-workspace', '--prefer-offline', '--reporter=silent'], app);
  // An event of the app's own, as the Admin App shows it. What is generated must pass the starter's settings too.
  const data = {
    initiator: { type: 'PARTICIPANT', email: 'chris.p.bacon@showpad.com' },
    items: [{ size: null }],
  };
  writeFileSync(join(app, 'content-shared.json'), JSON.stringify(data));
  run(process.execPath, [COMMAND, 'events', 'add', 'content-shared.json'], app);
  return app;
}

describe.each(starters)('in a fresh app of the starter $name', (starter) => {
  let app: string;
  beforeAll(() => {
    app = install(starter);
  });
  const script = (name: string): string => run('npm', ['run', '--silent', name], app);

  test('the snippets compile, and wrong handlers do not', () => {
    expect(script('types')).toBe('');
  });

  test('the snippets pass the lint rules and the formatter', () => {
    script('format');
    script('lint');
  });

  test('the app of the README says what it serves, and handles an event', async () => {
    run('npm', ['run', '--silent', 'types', '--', '--noEmit', 'false'], app);
    const main = ['dist/main.js', 'dist/src/main.js'].find((path) => existsSync(join(app, path))) ?? '';
    const { url, lines, printed, stop } = await startApp(app, [main]);
    expect(await deliverTo(url, app, '@showpad-webhooks/nestjs')).toBe(200);
    await printed('kent.cook@showpad.com joined Breakfast Service');
    await stop();
    const ours = lines.map((line) => line.replace(/^.*LOG (?=\[ShowpadWebhooksModule\])/, ''));
    expect(ours).toContain(
      '[ShowpadWebhooksModule] Mapped {/webhooks/showpad, POST} to the Showpad receiver "default"',
    );
    expect(ours).toContain(
      '[ShowpadWebhooksModule] CrmHandlers.addContact handles "shared-space-user-added"',
    );
    expect(lines.filter((line) => line.includes('WARN'))).toEqual([]);
  });

  if (starter.testCount === 0) return;
  test('the tests of the README run', () => {
    const report =
      starter.name === 'nest-12-esm'
        ? run('npx', ['vitest', 'run', '--reporter=json'], app)
        : run('npm', ['test', '--silent', '--', '--json'], app);
    const expected = { numPassedTests: starter.testCount, numTotalTests: starter.testCount };
    expect(JSON.parse(report)).toMatchObject(expected);
  });
});
