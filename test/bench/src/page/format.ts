import type { Result } from '../results.ts';

/** The first row is the header. */
export type Cells = readonly (readonly string[])[];

/** Columns are padded, so that the table can also be read in a terminal. */
export function renderTable(cells: Cells): string {
  const [header = [], ...rows] = cells;
  const widths = header.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

export function formatResult({ value, unit }: Result): string {
  if (unit === 'ns' && value >= 1e6) return `${formatNumber(value / 1e6)} ms`;
  if (unit === 'ns' && value >= 1e3) return `${formatNumber(value / 1e3)} µs`;
  return `${formatNumber(value)} ${unit}`.trimEnd();
}

/** Shows at least three digits. More would only show noise. */
export function formatNumber(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
