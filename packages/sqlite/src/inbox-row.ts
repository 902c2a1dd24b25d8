import { createRowReader, type RowReader } from '@showpad-webhooks/core/store';

export const rowReader: RowReader = createRowReader('showpad_inbox');

const CLAIMED = 'seq, fence, attempt, generation, body_digest, handlers, error, failures, meta';
const BODY = '(SELECT body FROM showpad_inbox_body WHERE seq = showpad_inbox.seq) AS body';

/** What is read of an entry to handle it. */
export const CLAIMED_COLUMNS: string = `${CLAIMED}, ${BODY}`;

/** What is read of an entry to list it. Its body, which may be large, is left out. */
export const LISTED_COLUMNS: string = `${CLAIMED}, state, at_ms, body_bytes,
  EXISTS (SELECT 1 FROM showpad_inbox_body WHERE seq = showpad_inbox.seq) AS has_body`;

/** What is read of an entry to show all of it. */
export const SHOWN_COLUMNS: string = `${LISTED_COLUMNS}, ${BODY}`;
