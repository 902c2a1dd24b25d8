import { erasedEntry } from '../inbox/erase.ts';
import type { ClaimedEntry } from '../inbox/store.ts';
import { timesOf } from '../inbox/times.ts';
import type { FailedAttempt, InboxEntry, InboxError, InboxItem, InboxState } from '../inbox/types.ts';
import { messageOf } from '../shared/error.ts';

/** A number as a driver of a database gives it. Some give one of 64 bits as text or as `bigint`. */
export type StoredNumber = string | number | bigint;

/** A row in a table of inbox entries. */
export interface InboxRow {
  readonly seq: StoredNumber;
  readonly state: InboxState;
  readonly at_ms: StoredNumber;
  readonly fence: StoredNumber;
  readonly attempt: StoredNumber;
  readonly generation: StoredNumber;
  readonly body_digest: StoredNumber;
  /** The names of the handlers that are done, as JSON. */
  readonly handlers: string;
  /** An `InboxError` as JSON. */
  readonly error: string | null;
  /** The `FailedAttempt`s as JSON. */
  readonly failures: string;
  /** What `storedMeta` has returned. */
  readonly meta: string;
  readonly body_bytes: StoredNumber;
  readonly has_body: boolean | number | bigint;
  /** It is there only if it was asked for. */
  readonly body?: Uint8Array | ArrayBuffer | null;
}

/** The fields that are kept as JSON, because the texts of databases hold neither NUL nor half a surrogate pair, and JSON escapes them. */
type Meta = Omit<InboxEntry, 'body' | 'bodyDigest' | 'error'>;

/** What is stored of an entry as JSON: everything that has no column of its own. */
export function storedMeta({ body: _body, bodyDigest: _digest, error: _error, ...meta }: InboxEntry): string {
  return JSON.stringify(meta);
}

/** The number of the row that is listed under this id, because its own id cannot be read or was erased. */
export function seqOfUnreadable(id: string): number | undefined {
  const [, seq] = /^(?:unreadable|erased):(\d{1,15})$/.exec(id) ?? [];
  return seq === undefined ? undefined : Number(seq);
}

/** Reads the rows of one table. */
export interface RowReader {
  /** @throws Error that says what about the row cannot be read, without any of its content. */
  readonly toClaimed: (row: InboxRow) => ClaimedEntry;
  /** An item of any row. If the row cannot be read, the item says so. */
  readonly toItem: (row: InboxRow) => InboxItem;
  /** What stays in the column `meta` when the row is erased. */
  readonly erasedMeta: (row: InboxRow) => string;
  /** What is kept of a row that cannot be read. */
  readonly unreadableError: (reason: unknown) => InboxError;
}

/**
 * Reads entries from rows that something else may have changed.
 *
 * @param table the name of the table, for errors.
 *
 * @example
 * ```ts
 * import type { InboxItem } from '@showpad-webhooks/core/inbox';
 * import { createRowReader, type InboxRow } from '@showpad-webhooks/core/store';
 *
 * const reader = createRowReader('inbox');
 *
 * export function toItems(rows: readonly InboxRow[]): InboxItem[] {
 *   return rows.map(reader.toItem);
 * }
 * ```
 */
export function createRowReader(table: string): RowReader {
  function unreadableError(reason: unknown): InboxError {
    const message = `The row of this event in the table ${table} cannot be read. ${messageOf(reason)}`;
    return { code: 'INBOX_FAILED', message: `${message} Something else has changed the row.` };
  }

  function readable(row: InboxRow): Omit<InboxEntry, 'body'> & Pick<InboxItem, 'done' | 'failures'> {
    try {
      return { ...toEntry(row), done: handlersIn(row), failures: failuresIn(row) };
    } catch (reason) {
      return {
        id: `unreadable:${row.seq}`,
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
        failures: [],
      };
    }
  }

  return {
    toClaimed(row) {
      const body = bytesOf(row.body);
      if (!body) throw new Error('Its body is not there.');
      return {
        ...toEntry(row),
        body,
        fence: Number(row.fence),
        attempt: Number(row.attempt),
        generation: Number(row.generation),
        done: handlersIn(row),
        failures: failuresIn(row),
      };
    },

    toItem(row) {
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
    },

    erasedMeta: (row) => JSON.stringify(erasedEntry(readable(row), Number(row.seq))),

    unreadableError,
  };
}

function toEntry(row: InboxRow): Omit<InboxEntry, 'body'> {
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

function handlersIn(row: InboxRow): readonly string[] {
  const handlers = json(row.handlers, 'handlers');
  if (Array.isArray(handlers) && handlers.every((name) => typeof name === 'string')) return handlers;
  throw new Error('Its column "handlers" is not a list of names.');
}

function failuresIn(row: InboxRow): readonly FailedAttempt[] {
  const failures = json(row.failures, 'failures');
  if (Array.isArray(failures) && failures.every((failed) => typeof failed?.message === 'string'))
    return failures;
  throw new Error('Its column "failures" is not a list of attempts.');
}

/** The message of JSON.parse would contain some of the text, and the text is data of customers. */
function json(text: string, column: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`Its column "${column}" is not JSON.`);
  }
}

/** libsql gives an ArrayBuffer, better-sqlite3 and pg a Buffer, and node:sqlite a Uint8Array. A changed row may hold anything. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}
