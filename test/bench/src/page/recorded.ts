import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Run } from '../results.ts';

const FILE = new URL('../../recorded-run.json', import.meta.url);

/** The run whose numbers are on the page, or undefined if none is recorded yet. */
export function readRecordedRun(): Run | undefined {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Run) : undefined;
}

export function recordRun(run: Run): void {
  writeFileSync(FILE, `${JSON.stringify(run, null, 2)}\n`);
}
