import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { InboxRun } from '../inboxes/results.ts';
import type { Run } from '../results.ts';

const RUN = new URL('../../recorded-run.json', import.meta.url);
const INBOXES = new URL('../../recorded-inboxes.json', import.meta.url);

/** The run whose numbers are on the page, or undefined if none is recorded yet. */
export function readRecordedRun(): Run | undefined {
  return read(RUN) as Run | undefined;
}

export function recordRun(run: Run): void {
  write(RUN, run);
}

/** The same for what `pnpm --dir test/bench inboxes` measures. */
export function readRecordedInboxes(): InboxRun | undefined {
  return read(INBOXES) as InboxRun | undefined;
}

export function recordInboxes(run: InboxRun): void {
  write(INBOXES, run);
}

function read(file: URL): unknown {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function write(file: URL, run: object): void {
  writeFileSync(file, `${JSON.stringify(run, null, 2)}\n`);
}
