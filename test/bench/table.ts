// pnpm --dir test/bench table FILE
// Writes the figures of a run (bench.ts --json FILE) into docs/performance.md, between its two markers.
import { readFileSync, writeFileSync } from 'node:fs';
import { renderRun, replaceFigures } from './src/render.ts';

const [file] = process.argv.slice(2);
if (!file) throw new Error('name the JSON file that "pnpm bench --json FILE" wrote');
const page = new URL('../../docs/performance.md', import.meta.url);
const figures = renderRun(JSON.parse(readFileSync(file, 'utf8')));
writeFileSync(page, replaceFigures(readFileSync(page, 'utf8'), figures));
