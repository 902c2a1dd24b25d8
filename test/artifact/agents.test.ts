import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createApp, install } from './fresh-app.ts';
import { type Finished, runCommand } from './install.ts';
import { readSteps, type Step } from './page-steps.ts';
import { deliverTo, type RunningApp, startCommand } from './start-app.ts';

const STARTER = fileURLToPath(new URL('starters/nest-12/', import.meta.url));
const FRESH_NEST = fileURLToPath(new URL('starters/fresh-nest/', import.meta.url));
const verifying = readSteps('agents.md', 'Verify');

const parent = mkdtempSync(join(tmpdir(), 'showpad-webhooks-agents-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));
let running: RunningApp | undefined;
afterEach(() => running?.stop());

function freshExpress(): string {
  const app = createApp(parent, 'express');
  install('npm', app, ['express']);
  return app;
}

/** What `nest new` makes, without its linter and its tests, and with the TypeScript that this repository has. */
function freshNest(): string {
  const { dependencies } = readJson(join(STARTER, 'package.json'));
  const app = createApp(parent, 'nest', {
    scripts: { build: 'tsc -p .', 'start:prod': 'node dist/main' },
    dependencies,
    devDependencies: { typescript: '7.0.2', '@types/node': '20.19.21' },
  });
  const { compilerOptions } = readJson(join(STARTER, 'tsconfig.json'));
  const tsconfig = { compilerOptions: { ...compilerOptions, types: ['node'], rootDir: 'src' } };
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(tsconfig));
  cpSync(FRESH_NEST, join(app, 'src'), { recursive: true });
  install('npm', app);
  return app;
}

function readJson(path: string): Record<string, Record<string, string>> {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Follows the steps up to the command that starts the app, and gives the app that runs. */
async function integrate(app: string, steps: readonly Step[]): Promise<RunningApp> {
  for (const { introduction, language, code } of steps) {
    if (language === 'sh' && introduction.includes('leave it running')) return startCommand(app, code);
    if (language === 'sh') expect(await runCommand(app, code)).toMatchObject({ exitCode: 0 });
    else {
      const [, path = ''] = /^\/\/ (\S+)\n/.exec(code) ?? [];
      mkdirSync(dirname(join(app, path)), { recursive: true });
      writeFileSync(join(app, path), code);
    }
  }
  throw new Error('No step starts the app.');
}

/** Runs the commands, and compares what they and the app print with what the page says. */
async function verify(app: string, { url, printed }: RunningApp): Promise<void> {
  let finished: Finished | undefined;
  for (const { introduction, language, code } of verifying) {
    if (language === 'sh') {
      finished = await runCommand(app, code.replace('http://127.0.0.1:3000', new URL(url).origin));
      continue;
    }
    if (introduction.includes('The app prints')) await printed(code.trim());
    else {
      const exitCode = Number(/It exits with (\d)/.exec(introduction)?.[1]);
      expect(finished).toEqual({ exitCode, output: expect.stringContaining(code.trim()) });
    }
  }
}

describe.each([
  { framework: 'Express', adapter: '@showpad-webhooks/express', fresh: freshExpress },
  { framework: 'NestJS', adapter: '@showpad-webhooks/nestjs', fresh: freshNest },
])('the page for coding agents, in a fresh app of $framework', ({ framework, adapter, fresh }) => {
  test('leads word for word to a receiver, and what it says is printed', async () => {
    const app = fresh();
    running = await integrate(app, readSteps('agents.md', framework));
    await verify(app, running);
    expect(await deliverTo(running.url, app, adapter)).toBe(200);
  });
});
