import { createRowReader, type RowReader } from '@showpad-webhooks/core/store';

export const rowReader: RowReader = createRowReader('showpad_inbox');

/** The columns of an entry without its body, which may be large. */
export const COLUMNS: string =
  'seq, state, at_ms, fence, attempt, generation, body_digest, handlers, error, failures, meta, body_bytes, ' +
  'EXISTS (SELECT 1 FROM showpad_inbox_body WHERE seq = showpad_inbox.seq) AS has_body';

export const BODY = '(SELECT body FROM showpad_inbox_body WHERE seq = showpad_inbox.seq) AS body';
