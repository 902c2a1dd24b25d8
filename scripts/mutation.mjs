// pnpm mutation [FILE_OR_FOLDER …] [--tests FILE_OR_FOLDER]…: changes the sources of core bit by bit, and lists the changes that
// no test notices. With `--tests` only these tests run, which takes a fraction of the time. `packages/core/test/mutation.md` has
// the scores, and the changes that no test can notice.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './pnpm.mjs';

const SOURCES = 'packages/core/src';
/** Such a comment excludes a change that cannot be noticed. It says which kind of change, and why. */
const EXCLUSION = /\/\/ Stryker disable next-line [A-Z]\w+(,\s?[A-Z]\w+)*: \w/;

refuseExclusionsWithoutReason();
const { values, positionals } = parseArgs({
  options: { tests: { type: 'string', multiple: true, default: [] } },
  allowPositionals: true,
});
const sources = positionals.map((path) => patternOf(path, '.ts'));
const tests = values.tests.map((path) => patternOf(path, '.test.ts'));
// The copy that is mutated is outside of the repository, so that nothing can be left behind in it.
const folder = mkdtempSync(join(tmpdir(), 'showpad-webhooks-mutation-'));
const args = ['run', '--tempDirName', folder];
if (sources.length > 0) args.push('--mutate', sources.join());
if (tests.length > 0) args.push('--testFiles', tests.join());
const stryker = spawn(
  process.execPath,
  [`${ROOT}node_modules/@stryker-mutator/core/bin/stryker.js`, ...args],
  {
    cwd: ROOT,
    stdio: 'inherit',
  },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stryker.kill(signal));
stryker.on('exit', (code) => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(code ?? 1);
});

function refuseExclusionsWithoutReason() {
  const files = readdirSync(ROOT + SOURCES, { recursive: true }).filter((file) => file.endsWith('.ts'));
  const wrong = files.flatMap((file) =>
    readFileSync(join(ROOT, SOURCES, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        line.includes('Stryker') && !EXCLUSION.test(line) ? [`${SOURCES}/${file}:${index + 1}`] : [],
      ),
  );
  if (wrong.length === 0) return;
  console.error('Write "// Stryker disable next-line MutatorName: the reason" instead of these comments:');
  console.error(wrong.join('\n'));
  process.exit(1);
}

/** What Stryker takes: a glob, or a file with lines such as `:10-20`. */
function patternOf(path, extension) {
  const stats = statSync(join(ROOT, path.split(/:\d/, 1)[0]), { throwIfNoEntry: false });
  if (!stats) {
    console.error(`There is no ${path} in ${ROOT}.`);
    process.exit(1);
  }
  return stats.isDirectory() ? `${path.replace(/\/$/, '')}/**/*${extension}` : path;
}
