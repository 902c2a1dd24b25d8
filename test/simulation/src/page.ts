import { replaceRegion } from '../../bench/src/page/region.ts';
import { TABLES } from './tables.ts';

export const PAGE: URL = new URL('../../../docs/scaling.md', import.meta.url);
export const PICTURE: URL = new URL('../../../docs/lost-events.svg', import.meta.url);

/** Returns the page with the tables of the simulation in their regions. */
export function withTables(page: string): string {
  const regions = Object.entries(TABLES);
  return regions.reduce(
    (text, [name, render]) => replaceRegion(text, name, render(), 'pnpm --dir test/simulation plots'),
    page,
  );
}
