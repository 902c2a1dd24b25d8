// pnpm --dir test/bench table FILE…
// Writes the results of `pnpm bench --json FILE` and of `pnpm --dir test/bench inboxes --json FILE` into docs/performance.md: the summary
// at the top and the tables, with the difference to the run that was written there before. Records the run for the next time.
import { readFileSync, writeFileSync } from 'node:fs';
import { isInboxRun } from './src/inboxes/results.ts';
import { renderGoals, renderInboxRun } from './src/page/inbox-run.ts';
import { readRecordedInboxes, readRecordedRun, recordInboxes, recordRun } from './src/page/recorded.ts';
import { replaceRegion } from './src/page/region.ts';
import { renderRun } from './src/page/run.ts';
import { renderSummary } from './src/page/summary.ts';
import type { Run } from './src/results.ts';

const files = process.argv.slice(2);
if (files.length === 0)
  throw new Error('Give the file that "pnpm bench --json FILE" or "inboxes --json FILE" wrote.');
const path = new URL('../../docs/performance.md', import.meta.url);
let page = readFileSync(path, 'utf8');
for (const file of files) {
  const run: object = JSON.parse(readFileSync(file, 'utf8'));
  if (isInboxRun(run)) {
    page = replaceRegion(page, 'inbox goals', renderGoals(run));
    page = replaceRegion(page, 'inboxes', renderInboxRun(run, readRecordedInboxes()));
    recordInboxes(run);
  } else {
    page = replaceRegion(page, 'tables', renderRun(run as Run, readRecordedRun()));
    recordRun(run as Run);
  }
}
const [run, inboxes] = [readRecordedRun(), readRecordedInboxes()];
if (!run || !inboxes)
  throw new Error('The summary needs a recorded run of "pnpm bench" and one of "inboxes".');
writeFileSync(path, replaceRegion(page, 'summary', renderSummary(run, inboxes)));
