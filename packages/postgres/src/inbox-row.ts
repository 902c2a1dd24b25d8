import { createRowReader, type RowReader } from '@showpad-webhooks/core/store';

export const rowReader: RowReader = createRowReader('"inbox"');

/** The columns of an entry without its body, which may be large. */
export function columnsOf(schema: string): string {
  return (
    'inbox.seq, inbox.state, inbox.at_ms, inbox.fence, inbox.attempt, inbox.generation, inbox.body_digest, inbox.handlers, ' +
    `inbox.error, inbox.meta, inbox.body_bytes, ${hasBody(schema)} AS has_body`
  );
}

export function hasBody(schema: string): string {
  return `EXISTS (SELECT 1 FROM ${schema}.inbox_body WHERE inbox_body.seq = inbox.seq)`;
}

export function bodyOf(schema: string): string {
  return `(SELECT body FROM ${schema}.inbox_body WHERE inbox_body.seq = inbox.seq) AS body`;
}
