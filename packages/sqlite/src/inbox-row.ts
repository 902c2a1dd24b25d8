import type {
  ClaimedEntry,
  InboxEntry,
  InboxError,
  InboxItem,
  InboxState,
} from '@showpad-webhooks/core/inbox';
import { timesOf } from '@showpad-webhooks/core/inbox';
import type { SqliteValue } from './sqlite-handle.ts';

/** The columns of an entry without its body, which may be large. */
export const COLUMNS: string =
  'seq, state, at_ms, fence, attempt, generation, body_digest, handlers, error, meta, body_bytes, ' +
  'EXISTS (SELECT 1 FROM showpad_inbox_body WHERE seq = showpad_inbox.seq) AS has_body';

export const BODY = '(SELECT body FROM showpad_inbox_body WHERE seq = showpad_inbox.seq) AS body';

/** A row of an inbox. `body` is there only if it was asked for. Drivers give numbers as `number` or as `bigint`. */
export interface Row {
  readonly seq: number | bigint;
  readonly state: InboxState;
  readonly at_ms: number | bigint;
  readonly fence: number | bigint;
  readonly attempt: number | bigint;
  readonly generation: number | bigint;
  readonly body_digest: number | bigint;
  readonly handlers: string;
  readonly error: string | null;
  readonly meta: string;
  readonly body_bytes: number | bigint;
  readonly has_body: number | bigint;
  readonly body?: Bytes | null;
}

/** libsql gives an ArrayBuffer, better-sqlite3 a Buffer, and node:sqlite a Uint8Array. */
type Bytes = Uint8Array | ArrayBuffer;

/** The fields that are kept as JSON, because SQLite's text cannot hold NUL or half a surrogate pair, and JSON escapes them. */
type Meta = Omit<InboxEntry, 'body' | 'bodyDigest' | 'error'>;

/** The columns that `INSERT` fills, in their order. */
export const STORED_COLUMNS = 'inbox, key, state, at_ms, body_digest, meta, error, body_bytes';

export function storedValues(entry: InboxEntry): readonly SqliteValue[] {
  const { body, bodyDigest, error, ...meta } = entry;
  return [bodyDigest, JSON.stringify(meta), error ? JSON.stringify(error) : null, body.byteLength];
}

/** @throws Error that says what about the row cannot be read, without any of its content. */
export function toClaimed(row: Row): ClaimedEntry {
  const body = bytesOf(row.body);
  if (!body) throw new Error('Its body is not there.');
  return {
    ...toEntry(row),
    body,
    fence: Number(row.fence),
    attempt: Number(row.attempt),
    done: handlersIn(row),
  };
}

/** An item of any row. If the row cannot be read, the item says so. */
export function toItem(row: Row): InboxItem {
  const body = bytesOf(row.body);
  return {
    ...readable(row),
    ...timesOf(row.state, Number(row.at_ms)),
    ...(body && { body }),
    bodyBytes: Number(row.body_bytes),
    hasBody: Boolean(Number(row.has_body)),
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
    message: `The row of this event in the table showpad_inbox cannot be read. ${why} Something else has changed the row.`,
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

function bytesOf(value: Bytes | string | number | null | undefined): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}
