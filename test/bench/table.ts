// pnpm --dir test/bench table FILE…
// Writes the results of `pnpm bench --json FILE` and of `pnpm --dir test/bench inboxes --json FILE` into docs/performance.md: the summary
// at the top and the tables, with the difference to the run that was written there before. Records the run for the next time.
import { readFileSync, writeFileSync } from 'node:fs';
import { type InboxRun, isInboxRun } from './src/inboxes/results.ts';
import { renderGoals, renderInboxRun } from './src/page/inbox-run.ts';
import { readRecordedInboxes, readRecordedRun, recordInboxes, recordRun } from './src/page/recorded.ts';
import { replaceRegion } from './src/page/region.ts';
import { renderRun } from './src/page/run.ts';
import { renderSummary } from './src/page/summary.ts';
import type { Run } from './src/results.ts';

const given = process.argv.slice(2).map((file): Run | InboxRun => JSON.parse(readFileSync(file, 'utf8')));
const newInboxes = given.find(isInboxRun);
const newRun = given.find((run): run is Run => !isInboxRun(run));
const inboxes = newInboxes ?? readRecordedInboxes();
const run = newRun ?? readRecordedRun();
if (given.length === 0 || !run || !inboxes) {
  throw new Error(
    'Give the files that "pnpm bench --json FILE" and "pnpm --dir test/bench inboxes --json FILE" wrote. One of them is enough if a run ' +
      'of the other is recorded.',
  );
}
const path = new URL('../../docs/performance.md', import.meta.url);
let page = replaceRegion(readFileSync(path, 'utf8'), 'summary', renderSummary(run, inboxes));
if (newRun) page = replaceRegion(page, 'tables', renderRun(newRun, readRecordedRun()));
if (newInboxes) {
  page = replaceRegion(page, 'inbox goals', renderGoals(newInboxes));
  page = replaceRegion(page, 'inboxes', renderInboxRun(newInboxes, readRecordedInboxes()));
}
writeFileSync(path, page);
if (newRun) recordRun(newRun);
if (newInboxes) recordInboxes(newInboxes);
