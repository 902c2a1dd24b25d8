import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PAGE, PICTURE, withTables } from './src/page.ts';
import { drawLostEvents } from './src/pictures.ts';

const HINT = 'Run "pnpm --dir test/simulation plots", and look at what has changed.';

it('the chart and the tables of docs/scaling.md are what the simulation says', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(withTables(page), HINT).toBe(page);
  expect(drawLostEvents(), HINT).toBe(readFileSync(PICTURE, 'utf8'));
});
