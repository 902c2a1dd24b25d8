import type { Result, Run } from '../results.ts';
import { judge, type Verdict } from '../targets.ts';
import { growthSince } from './change.ts';
import { type Cells, formatNumber, formatResult, renderTable } from './format.ts';

/**
 * Renders a run as Markdown: the targets first, and then each table.
 *
 * @param earlier the last recorded run. The last column of each table says how much a row grew since then.
 */
export function renderRun({ command, date, machine, node, versions, results }: Run, earlier?: Run): string {
  const tables = [...new Set(results.map(({ table }) => table))];
  return [
    `\`${command}\` on ${date}, with ${machine} and Node ${node}.`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(' · '),
    '### Targets',
    renderTable(targetCells(results)),
    ...tables.flatMap((table) => [`### ${table}`, renderTable(tableCells(results, table, earlier))]),
  ].join('\n\n');
}

function targetCells(results: readonly Result[]): Cells {
  const rows = judge(results).map((verdict) => {
    const { what, column, atMost, atLeast } = verdict.target;
    const bound = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
    const measured = verdict.measured === undefined ? '' : formatNumber(verdict.measured);
    return [what, column, bound, measured, verdictText(verdict)];
  });
  return [['what', 'column', 'target', 'measured', 'verdict'], ...rows];
}

function verdictText({ measured, isMet }: Verdict): string {
  if (measured === undefined) return 'not measured';
  return isMet ? 'met' : '**missed**';
}

function tableCells(results: readonly Result[], table: string, earlier: Run | undefined): Cells {
  const own = results.filter((result) => result.table === table);
  const columns = [...new Set(own.map(({ column }) => column))];
  const rows = [...new Set(own.map(({ row }) => row))];
  const cell = (row: string, column: string) =>
    own
      .filter((result) => result.row === row && result.column === column)
      .map(formatResult)
      .join(', ');
  const growth = (row: string) =>
    earlier
      ? [
          growthSince(
            earlier.results,
            own.filter((result) => result.row === row),
          ),
        ]
      : [];
  return [
    ['', ...columns, ...(earlier ? [`growth since ${earlier.date}`] : [])],
    ...rows.map((row) => [row, ...columns.map((column) => cell(row, column)), ...growth(row)]),
  ];
}
