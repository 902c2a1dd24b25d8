// Writes a row into BigQuery for each event, whatever its type.
import type { Table } from '@google-cloud/bigquery';
import { type Handler, PermanentError, RetryAfterError, type ShowpadEvent } from '@showpad-webhooks/core';

/** What the client throws. A row that was refused comes as a `PartialFailureError` without a code. */
interface BigQueryError {
  readonly name?: string;
  readonly code?: unknown;
  readonly errors?: readonly Problem[];
}

/** Of a call, or of a row, which then has a list of its own. */
interface Problem {
  readonly reason?: string;
  readonly errors?: readonly Problem[];
}

/** The status is 403, as if rights were missing: https://cloud.google.com/bigquery/docs/troubleshoot-quotas */
const LIMITED = ['quotaExceeded', 'rateLimitExceeded'];
/** BigQuery names no time to wait. */
const LIMIT_WAIT_MS = 30_000;

/**
 * Makes a handler. The event's id is the insert id, by which BigQuery drops a row that came again within about a minute. Later
 * copies stay, so count with `COUNT(DISTINCT event_id)`, or keep the latest row of each `event_id` in a view.
 *
 * @param table has the columns `event_id STRING, type STRING, time STRING, data JSON`. Create its client with
 *   `{ autoRetry: false }`, because the inbox retries.
 */
export function addToBigQuery(table: Table): Handler<ShowpadEvent> {
  return async ({ id, type, time, data }) => {
    const json = { event_id: id, type, time, data: JSON.stringify(data) };
    try {
      // Without retries of single rows, because the inbox retries.
      await table.insert([{ insertId: id, json }], { raw: true, partialRetries: 0 });
    } catch (error) {
      throw toHandlerError(error);
    }
  };
}

/** BigQuery's messages may quote the row, so they are not repeated. */
function toHandlerError(error: unknown): unknown {
  const { name, code, errors = [] } = error as BigQueryError;
  const reasons = errors
    .flatMap((problem) => problem.errors ?? [problem])
    .map(({ reason = 'unknown' }) => reason);
  if (code === 429 || reasons.some((reason) => LIMITED.includes(reason))) {
    return new RetryAfterError('BigQuery limits our calls.', { afterMs: LIMIT_WAIT_MS });
  }
  if (name === 'PartialFailureError') {
    if (reasons.includes('invalid')) return new PermanentError('The row does not fit the table.');
    return new Error(`BigQuery did not insert the row: ${reasons.join(', ')}.`);
  }
  if (typeof code !== 'number') return error; // There was no answer.
  const message = `BigQuery answered ${code}.`;
  return code < 500 && code !== 401 ? new PermanentError(message) : new Error(message);
}
