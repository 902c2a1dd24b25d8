import { replaceRegion } from '../../bench/src/page/region.ts';
import { capacityTables } from './capacity/capacity-tables.ts';
import { DEFAULT_PLAN } from './capacity/plan.ts';
import { readRecordedCosts } from './capacity/recorded.ts';
import { TABLES } from './tables.ts';

export const PAGE: URL = new URL('../../../docs/scaling.md', import.meta.url);
export const PICTURE: URL = new URL('../../../docs/lost-events.svg', import.meta.url);

/** Returns the page with the tables of the simulation in their regions. */
export function withTables(page: string): string {
  const tables = Object.entries(TABLES).map(([name, render]) => [name, render()] as const);
  return withRegions(page, tables, 'plots');
}

/** Returns the page with the tables of the capacity model in their regions. */
export function withModel(page: string): string {
  return withRegions(page, Object.entries(capacityTables(readRecordedCosts(), DEFAULT_PLAN)), 'model');
}

function withRegions(page: string, tables: readonly (readonly [string, string])[], command: string): string {
  return tables.reduce(
    (text, [name, table]) => replaceRegion(text, name, table, `pnpm --dir test/simulation ${command}`),
    page,
  );
}
