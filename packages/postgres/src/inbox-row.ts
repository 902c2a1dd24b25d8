import { createRowReader, type InboxRow, type RowReader } from '@showpad-webhooks/core/store';

export const rowReader: RowReader = createRowReader('"inbox"');

/** The columns of an entry without its body, which may be large. */
export const COLUMNS: string =
  'inbox.key, inbox.seq, inbox.state, inbox.at_ms, inbox.fence, inbox.attempt, inbox.generation, inbox.body_digest, inbox.handlers, ' +
  'inbox.error, inbox.failures, inbox.meta, inbox.body_bytes, inbox.body IS NOT NULL AS has_body';

export interface PostgresInboxRow extends InboxRow {
  readonly key: string;
}
