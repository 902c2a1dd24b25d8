// Writes a row into BigQuery for each event, whatever its type.
import type { Table } from '@google-cloud/bigquery';
import { type Handler, PermanentError, RetryAfterError, type ShowpadEvent } from '@showpad-webhooks/core';

/** What the client throws. Rows that do not fit the table come as a `PartialFailureError` without a code. */
interface BigQueryError {
  readonly name?: string;
  readonly code?: unknown;
}

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
      // A row that does not fit now does not fit a moment later either.
      await table.insert([{ insertId: id, json }], { raw: true, partialRetries: 0 });
    } catch (error) {
      throw toHandlerError(error);
    }
  };
}

/** BigQuery's messages may quote the row, so they are not repeated. */
function toHandlerError(error: unknown): unknown {
  const { name, code } = error as BigQueryError;
  if (name === 'PartialFailureError') return new PermanentError('The row does not fit the table.');
  if (typeof code !== 'number') return error; // There was no answer.
  const message = `BigQuery answered ${code}.`;
  // It names no time to wait: https://cloud.google.com/bigquery/docs/error-messages
  if (code === 429) return new RetryAfterError(message, { afterMs: 30_000 });
  return code < 500 && code !== 401 ? new PermanentError(message) : new Error(message);
}
