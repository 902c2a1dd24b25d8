// pnpm --dir test/bench table FILE
// Writes the results of `pnpm bench --json FILE` into docs/performance.md: the summary at the top and the tables, with
// the growth since the run that was written there before. Records the run for the next time.
import { readFileSync, writeFileSync } from 'node:fs';
import { readRecordedRun, recordRun } from './src/page/recorded.ts';
import { replaceRegion } from './src/page/region.ts';
import { renderRun } from './src/page/run.ts';
import { renderSummary } from './src/page/summary.ts';
import type { Run } from './src/results.ts';

const [file] = process.argv.slice(2);
if (!file) throw new Error('Give the file that "pnpm bench --json FILE" wrote.');
const path = new URL('../../docs/performance.md', import.meta.url);
const run = JSON.parse(readFileSync(file, 'utf8')) as Run;
const page = replaceRegion(readFileSync(path, 'utf8'), 'summary', renderSummary(run));
writeFileSync(path, replaceRegion(page, 'tables', renderRun(run, readRecordedRun())));
recordRun(run);
