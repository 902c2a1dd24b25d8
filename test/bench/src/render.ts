import type { Result, Run, Unit } from './results.ts';
import { judge } from './targets.ts';

type Table = readonly (readonly string[])[];

/** The run as Markdown: the targets first, then a table for each group. */
export function renderRun(run: Run): string {
  const groups = [...new Set(run.results.map(({ group }) => group))];
  const versions = Object.entries(run.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `\`${run.command}\`, ${run.date}: ${run.machine}, Node ${run.node}.`,
    versions.join(' · '),
    '### Targets',
    renderTable(targetTable(run.results)),
    ...groups.flatMap((group) => [`### ${capitalised(group)}`, renderTable(groupTable(run.results, group))]),
  ].join('\n\n');
}

function targetTable(results: readonly Result[]): Table {
  const rows = judge(results).map(({ target: { what, at, atMost, atLeast }, measured, isMet }) => [
    what,
    at,
    atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`,
    measured === undefined ? '' : figure(measured),
    measured === undefined ? 'not measured' : isMet ? 'met' : '**missed**',
  ]);
  return [['what', 'at', 'target', 'measured', ''], ...rows];
}

function groupTable(results: readonly Result[], group: string): Table {
  const own = results.filter((result) => result.group === group);
  const columns = [...new Set(own.map(({ at }) => at))];
  const names = [...new Set(own.map(({ name }) => name))];
  const rows = names.map((name) => [
    name,
    ...columns.map((at) =>
      own
        .filter((result) => result.name === name && result.at === at)
        .map(({ value, unit }) => withUnit(value, unit))
        .join(', '),
    ),
  ]);
  return [['', ...columns], ...rows];
}

/** Aligned, so that it reads on a terminal as well. */
function renderTable(table: Table): string {
  const [header = []] = table;
  const widths = header.map((_, column) => Math.max(3, ...table.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(header), rule, ...table.slice(1).map(line)].join('\n');
}

function withUnit(value: number, unit: Unit): string {
  if (unit === 'ns' && value >= 1e6) return `${figure(value / 1e6)} ms`;
  if (unit === 'ns' && value >= 1e3) return `${figure(value / 1e3)} µs`;
  return `${figure(value)} ${unit}`.trimEnd();
}

/** Three digits that mean something. */
function figure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const BEGIN = '<!-- figures: pnpm --dir test/bench table FILE -->';
const END = '<!-- end of figures -->';

/** The page with other figures. What stands outside its markers stays. */
export function replaceFigures(page: string, figures: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  if (begin === -1 || end === -1) throw new Error(`the page has no "${BEGIN}" before "${END}"`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${figures}\n\n${page.slice(end)}`;
}
