// pnpm --dir test/simulation model
// Calculates from measured costs how many events what you have can carry, and writes the tables of docs/scaling.md. With an option, such
// as --peakFactor 5 or --handlerMs 200, it prints the tables for that and writes nothing. The options are the fields of Plan.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { capacityTables } from './src/capacity/capacity-tables.ts';
import { DEFAULT_PLAN, type Plan } from './src/capacity/plan.ts';
import { readRecordedCosts } from './src/capacity/recorded.ts';
import { PAGE, withModel } from './src/page.ts';

const names = Object.keys(DEFAULT_PLAN) as (keyof Plan)[];
const { values } = parseArgs({
  options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
});
const plan = { ...DEFAULT_PLAN };
for (const [name, text] of Object.entries(values)) {
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`--${name} must be a number above 0, and it is "${text}".`);
  Object.assign(plan, { [name]: value });
}

if (Object.keys(values).length === 0) {
  writeFileSync(PAGE, withModel(readFileSync(PAGE, 'utf8')));
} else {
  for (const [name, table] of Object.entries(capacityTables(readRecordedCosts(), plan)))
    console.log(`${name}\n\n${table}\n`);
}
