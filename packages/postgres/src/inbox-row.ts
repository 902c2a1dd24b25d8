import type {
  ClaimedEntry,
  InboxEntry,
  InboxError,
  InboxItem,
  InboxState,
} from '@showpad-webhooks/core/inbox';
import { timesOf } from '@showpad-webhooks/core/inbox';

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

/** A number as `pg` gives it: as text if it has 64 bits, unless the app has changed that. */
export type Numeric = string | number | bigint;

/** A row of an inbox. `body` is there only if it was asked for. */
export interface Row {
  readonly seq: Numeric;
  readonly state: InboxState;
  readonly at_ms: Numeric;
  readonly fence: Numeric;
  readonly attempt: Numeric;
  readonly generation: Numeric;
  readonly body_digest: Numeric;
  readonly handlers: string;
  readonly error: string | null;
  readonly meta: string;
  readonly body_bytes: Numeric;
  readonly has_body: boolean;
  readonly body?: Uint8Array | null;
}

/** The fields that are kept as JSON in a text, because Postgres' text cannot hold NUL or half a surrogate pair, and JSON escapes them. */
type Meta = Omit<InboxEntry, 'body' | 'bodyDigest' | 'error'>;

export function storedMeta({ body: _body, bodyDigest: _digest, error: _error, ...meta }: InboxEntry): string {
  return JSON.stringify(meta);
}

/** @throws Error that says what about the row cannot be read, without any of its content. */
export function toClaimed(row: Row): ClaimedEntry {
  if (!row.body) throw new Error('Its body is not there.');
  return {
    ...toEntry(row),
    body: row.body,
    fence: Number(row.fence),
    attempt: Number(row.attempt),
    done: handlersIn(row),
  };
}

/** An item of any row. If the row cannot be read, the item says so. */
export function toItem(row: Row): InboxItem {
  return {
    ...readable(row),
    ...timesOf(row.state, Number(row.at_ms)),
    ...(row.body && { body: row.body }),
    bodyBytes: Number(row.body_bytes),
    hasBody: row.has_body,
    state: row.state,
    attempt: Number(row.attempt),
    generation: Number(row.generation),
  };
}

/** The id under which a row is listed whose own id cannot be read. */
function idOfUnreadable({ seq }: Pick<Row, 'seq'>): string {
  return `unreadable:${seq}`;
}

/** The number of the row that is listed under an id like this. */
export function seqOfUnreadable(id: string): number | undefined {
  const [, seq] = /^unreadable:(\d{1,15})$/.exec(id) ?? [];
  return seq === undefined ? undefined : Number(seq);
}

/** What is kept of a row that cannot be read. */
export function unreadableError(reason: unknown): InboxError {
  const why = reason instanceof Error ? reason.message : String(reason);
  return {
    code: 'INBOX_FAILED',
    message: `The row of this event in the table "inbox" cannot be read. ${why} Something else has changed the row.`,
  };
}

function readable(row: Row): Omit<InboxEntry, 'body'> & { readonly done: readonly string[] } {
  try {
    return { ...toEntry(row), done: handlersIn(row) };
  } catch (reason) {
    return {
      id: idOfUnreadable(row),
      type: '',
      bodyDigest: Number(row.body_digest),
      method: '',
      url: undefined,
      headers: {},
      timestampSeconds: 0,
      keyLabel: undefined,
      receivedAtMs: 0,
      error: unreadableError(reason),
      done: [],
    };
  }
}

function toEntry(row: Row): Omit<InboxEntry, 'body'> {
  const meta = json(row.meta, 'meta') as Meta;
  if (typeof meta?.id !== 'string' || typeof meta.headers !== 'object' || meta.headers === null) {
    throw new Error('Its column "meta" has no id or no headers.');
  }
  return {
    ...meta,
    url: meta.url, // JSON leaves out what is undefined.
    keyLabel: meta.keyLabel,
    bodyDigest: Number(row.body_digest),
    error: row.error === null ? undefined : (json(row.error, 'error') as InboxError),
  };
}

function handlersIn(row: Row): readonly string[] {
  const handlers = json(row.handlers, 'handlers');
  if (Array.isArray(handlers) && handlers.every((name) => typeof name === 'string')) return handlers;
  throw new Error('Its column "handlers" is not a list of names.');
}

/** The message of JSON.parse would contain some of the text, and the text is data of customers. */
function json(text: string, column: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`Its column "${column}" is not JSON.`);
  }
}
