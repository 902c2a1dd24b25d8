import { FLOOR, OURS } from '../inboxes/candidate.ts';
import type { InboxResult, InboxRun } from '../inboxes/results.ts';
import { CORE, LIMIT, TABLES, throughputTable, WITH_INBOX } from '../names.ts';
import { findResult, type Result, type Run, type Unit } from '../results.ts';
import { formatNumber, formatResult, renderTable } from './format.ts';
import { findInboxResult } from './inbox-run.ts';

const CONNECTIONS = '16 connections';
const AT_ONCE = 32;

/**
 * Renders the three numbers that people look for, each with a comparison and the command that measures it.
 *
 * @throws Error if the runs did not measure one of them.
 */
export function renderSummary({ date, machine, node, results }: Run, inboxes: InboxRun): string {
  const text = (table: string, row: string, column: string, unit: Unit) =>
    formatResult(required(results, { table, row, column, unit }));

  const verify = (row: string, unit: Unit) => text(TABLES.verify, row, '1 kB', unit);
  const express = (row: string, unit: Unit) => text(throughputTable(WITH_INBOX), row, CONNECTIONS, unit);
  const ours = postgres(inboxes, OURS);
  const cells = [
    ['', 'showpad-webhooks', 'compared to', 'command'],
    [
      'verify and parse a delivery of 1 kB',
      verify(CORE, 'ns'),
      `${verify(CORE, '×')} the HMAC and \`JSON.parse\` alone (${verify(LIMIT, 'ns')})`,
      '`pnpm bench --only verify`',
    ],
    [
      `Express with the SQLite inbox, ${CONNECTIONS}`,
      express('SQLite inbox', 'req/s'),
      `${express('SQLite inbox', '×')} the same app without an inbox (${express('no inbox', 'req/s')})`,
      '`pnpm bench --only inbox`',
    ],
    [
      `events stored durably in Postgres, ${AT_ONCE} at once`,
      perSecond(ours),
      `${formatNumber(ours.putsToFloor)} × the same by hand (${perSecond(postgres(inboxes, FLOOR))})`,
      '`pnpm --dir test/bench inboxes --only postgres`',
    ],
  ];
  const when = inboxes.date === date ? date : `${date}, the last one on ${inboxes.date}`;
  return `${renderTable(cells)}\n\nMeasured on ${when}, with ${machine} and Node ${node}.`;
}

function postgres({ results }: InboxRun, candidate: string): InboxResult {
  const found = findInboxResult(results, { engine: 'Postgres', candidate, concurrency: AT_ONCE });
  if (found) return found;
  throw new Error(
    `The run of the inboxes has no result for "${candidate}" on Postgres with ${AT_ONCE} at once. Run ` +
      '"pnpm --dir test/bench inboxes --json FILE" without --only.',
  );
}

function perSecond({ putsPerSecond }: InboxResult): string {
  return `${formatNumber(putsPerSecond)}/s`;
}

function required(results: readonly Result[], cell: Omit<Result, 'value'>): Result {
  const result = findResult(results, cell);
  if (result) return result;
  const { table, row, column, unit } = cell;
  throw new Error(
    `The run has no result in ${unit} for "${row}", "${column}" in the table "${table}". ` +
      'Run "pnpm bench --json FILE" without --only.',
  );
}
