import { existsSync, readFileSync } from 'node:fs';
import type { InboxStep } from '../measure/inbox-step.ts';
import type { OverHttp } from '../measure/over-http.ts';
import type { StoredBytes } from '../measure/stored-bytes.ts';

/** What `pnpm --dir test/simulation measure` has measured. */
export interface RecordedCosts {
  readonly date: string;
  readonly node: string;
  readonly cpus: number;
  readonly cpuModel: string;
  readonly bodyBytes: number;
  /** The CPU time of a handler that calls one API. */
  readonly handlerMicros: number;
  readonly bytes: readonly StoredBytes[];
  readonly steps: readonly InboxStep[];
  readonly overHttp: readonly OverHttp[];
}

export const RECORDED_COSTS: URL = new URL('../../recorded-costs.json', import.meta.url);

/** @throws Error if nothing was measured yet. */
export function readRecordedCosts(file: URL | string = RECORDED_COSTS): RecordedCosts {
  if (!existsSync(file)) {
    throw new Error(`There is no ${file}. Write it with "pnpm --dir test/simulation measure".`);
  }
  return JSON.parse(readFileSync(file, 'utf8')) as RecordedCosts;
}
