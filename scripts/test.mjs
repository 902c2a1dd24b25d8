// npm test: everything that CI checks. Ends with the counts of the tests' own reports and of the checks.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { ROOT, setUp } from './pnpm.mjs';
import { installServers } from './servers.mjs';

const CONCURRENCY = 2;
const REPORT = 'reports/vitest.json';

/** Each runs as soon as a place is free and what it comes `after` has passed. */
const CHECKS = [
  { name: 'build and packages', command: 'tsdown --log-level warn' },
  { name: 'types', command: 'tsc -p .' },
  { name: 'types of the Admin page', command: 'tsc -p packages/emulator/admin' },
  { name: 'lint and format', command: 'biome ci --error-on-warnings .' },
  { name: 'unused code and dependencies', command: 'knip --no-config-hints' },
  { name: 'documentation site', command: 'pnpm --dir docs build' },
  { name: 'size', command: 'node scripts/size.mjs', after: 'build and packages' },
  {
    name: 'tests',
    command: `vitest run --coverage --reporter=default --reporter=json --outputFile.json=${REPORT}`,
    after: 'build and packages',
  },
];

setUp();
installServers();
rmSync(`${ROOT}reports`, { recursive: true, force: true });
mkdirSync(`${ROOT}reports`);

const results = new Map(); // name → whether it passed
const running = new Set();
const waiting = [...CHECKS];
await Promise.all(Array.from({ length: CONCURRENCY }, work));

const checks = [...results].filter(([name]) => name !== 'tests').map(([, isPassed]) => isPassed);
const tests = readReport();
const passed = tests.numPassedTests + checks.filter(Boolean).length;
// A run can fail with every test passed: by coverage, by an error outside tests, by no report at all.
const isUnexplained = results.get('tests') === false && tests.numFailedTests === 0;
const failed = tests.numFailedTests + checks.filter((isPassed) => !isPassed).length + (isUnexplained ? 1 : 0);
if (tests.numPendingTests + tests.numTodoTests > 0)
  console.log(`${tests.numPendingTests + tests.numTodoTests} tests skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function work() {
  for (;;) {
    const index = waiting.findIndex(({ after }) => after === undefined || results.has(after));
    if (index === -1) {
      if (waiting.length === 0) return;
      await Promise.race(running); // What the rest comes after is at work in another place.
      continue;
    }
    const [check] = waiting.splice(index, 1);
    if (check.after && !results.get(check.after)) {
      console.log(`✗ ${check.name}: not run, since "${check.after}" failed`);
      results.set(check.name, false);
      continue;
    }
    const run = runCheck(check);
    running.add(run);
    await run;
    running.delete(run);
  }
}

/** Resolves when the command has ended; its output is shown where it failed, and the tests' always. */
async function runCheck({ name, command }) {
  const startedAt = Date.now();
  const [program, ...args] = command.split(' ');
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, PATH: `${ROOT}node_modules/.bin:${process.env.PATH}` },
    stdio: name === 'tests' ? 'inherit' : 'pipe',
  });
  const output = [];
  child.stdout?.on('data', (chunk) => output.push(chunk));
  child.stderr?.on('data', (chunk) => output.push(chunk));
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      output.push(`${error.message}\n`);
      resolve(1);
    });
    child.on('close', resolve);
  });
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`${code === 0 ? '✓' : '✗'} ${name} (${seconds} s)`);
  if (code !== 0) for (const chunk of output) process.stdout.write(chunk);
  results.set(name, code === 0);
}

function readReport() {
  try {
    return JSON.parse(readFileSync(ROOT + REPORT, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  }
}
