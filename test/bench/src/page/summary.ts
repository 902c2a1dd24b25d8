import { CORE, HAND_WRITTEN, LIMIT, MIDDLEWARE, TABLES, throughputTable } from '../names.ts';
import { findResult, type Result, type Run, type Unit } from '../results.ts';
import { formatResult, renderTable } from './format.ts';

const CONNECTIONS = '16 connections';

/**
 * Renders the three numbers that people look for, each with a comparison and the command that measures it.
 *
 * @throws Error if the run did not measure one of them.
 */
export function renderSummary({ date, machine, node, results }: Run): string {
  const text = (table: string, row: string, column: string, unit: Unit) =>
    formatResult(required(results, { table, row, column, unit }));

  const verify = (row: string, unit: Unit) => text(TABLES.verify, row, '1 kB', unit);
  const express = (row: string, unit: Unit) => text(throughputTable('Express'), row, CONNECTIONS, unit);
  const size = (row: string) => text(TABLES.start, row, 'size', 'kB gzip');
  const cells = [
    ['', 'showpad-webhooks', 'compared to', 'command'],
    [
      'verify and parse a delivery of 1 kB',
      verify(CORE, 'ns'),
      `${verify(CORE, '×')} the HMAC and \`JSON.parse\` alone (${verify(LIMIT, 'ns')})`,
      '`pnpm bench --only verify`',
    ],
    [
      `Express with the middleware, ${CONNECTIONS}`,
      express(MIDDLEWARE, 'req/s'),
      `${express(MIDDLEWARE, '×')} the same app written by hand (${express(HAND_WRITTEN, 'req/s')})`,
      '`pnpm bench --only http`',
    ],
    [
      'core, minified',
      size(CORE),
      `stripe ${size('stripe')}, svix ${size('svix')}`,
      '`pnpm bench --only start`',
    ],
  ];
  return `${renderTable(cells)}\n\nMeasured on ${date}, with ${machine} and Node ${node}.`;
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
