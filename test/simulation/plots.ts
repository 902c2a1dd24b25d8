// pnpm --dir test/simulation plots
// Simulates, and writes the chart docs/lost-events.svg and the tables of docs/scaling.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { PAGE, PICTURE, withTables } from './src/page.ts';
import { drawLostEvents } from './src/pictures.ts';

writeFileSync(PICTURE, drawLostEvents());
writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8')));
