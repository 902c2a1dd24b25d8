import { FLOOR, OURS } from '../inboxes/candidate.ts';
import type { InboxResult, InboxRun } from '../inboxes/results.ts';
import { NOTICEABLE } from './change.ts';
import { type Cells, formatNumber, renderTable } from './format.ts';

/** The rate of puts that an inbox should reach, as a part of the floor's. */
const GOAL = 0.9;

/** Renders whether the inboxes reach their goal. */
export function renderGoals({ results }: InboxRun): string {
  return renderTable(goalCells(results));
}

/**
 * Renders a run as Markdown, with a table for each engine.
 *
 * @param earlier the last recorded run. The last column says how much the ratio to the floor changed since then.
 */
export function renderInboxRun(run: InboxRun, earlier?: InboxRun): string {
  const { date, node, cpus, cpuModel, bodyBytes, results } = run;
  return [
    `Measured on ${date}, with bodies of ${bodyBytes.toLocaleString('en')} bytes, ${cpus} cores of ${cpuModel} and Node ${node}.`,
    ...enginesOf(results).flatMap((engine) => [
      `### ${engine}`,
      renderTable(engineCells(run, engine, earlier)),
    ]),
  ].join('\n\n');
}

function goalCells(results: readonly InboxResult[]): Cells {
  const concurrencies = [...new Set(results.map(({ concurrency }) => concurrency))];
  const rows = enginesOf(results).map((engine) => [
    engine,
    ...concurrencies.map((concurrency) => {
      const ours = { engine, concurrency, candidate: OURS };
      return verdictOn(findInboxResult(results, ours)?.putsToFloor);
    }),
  ]);
  return [
    [`puts, of the floor's (goal: ≥ ${GOAL})`, ...concurrencies.map((count) => `${count} at once`)],
    ...rows,
  ];
}

function verdictOn(ratio = Number.NaN): string {
  if (Number.isNaN(ratio)) return '';
  return `${formatNumber(ratio)}, ${ratio >= GOAL ? 'met' : '**missed**'}`;
}

function engineCells({ results }: InboxRun, engine: string, earlier: InboxRun | undefined): Cells {
  const header = [
    'at once',
    '',
    'puts/s',
    '× the floor',
    'p50 in ms',
    'p99 in ms',
    'CPU of a put in µs: app',
    'server',
    'handled/s',
    'CPU until handled in µs: app',
    'server',
    ...(earlier ? [`since ${earlier.date}`] : []),
  ];
  const rows = results
    .filter((result) => result.engine === engine)
    .map((result) => [
      `${result.concurrency}`,
      result.candidate,
      ...[
        result.putsPerSecond,
        result.putsToFloor,
        result.putP50Ms,
        result.putP99Ms,
        result.appCpuMicrosPerPut,
        result.serverCpuMicrosPerPut,
        result.handledPerSecond,
        result.appCpuMicrosPerHandled,
        result.serverCpuMicrosPerHandled,
      ].map((value) => (value === null ? '' : formatNumber(value))),
      ...(earlier ? [changeSince(earlier.results, result)] : []),
    ]);
  return [header, ...rows];
}

/** Only the ratio to the floor can be compared between runs: the floor had the same disk and the same other load. */
function changeSince(earlier: readonly InboxResult[], result: InboxResult): string {
  const before = findInboxResult(earlier, result);
  if (!before || result.candidate === FLOOR) return '';
  const change = result.putsToFloor / before.putsToFloor - 1;
  const text = `${change > 0 ? '+' : ''}${Math.round(change * 100)} %`;
  return change < -NOTICEABLE ? `**${text}**` : text;
}

export function findInboxResult(
  results: readonly InboxResult[],
  {
    engine,
    candidate,
    concurrency,
  }: { readonly engine: string; readonly candidate: string; readonly concurrency: number },
): InboxResult | undefined {
  return results.find(
    (result) =>
      result.engine === engine && result.candidate === candidate && result.concurrency === concurrency,
  );
}

function enginesOf(results: readonly InboxResult[]): string[] {
  return [...new Set(results.map(({ engine }) => engine))];
}
