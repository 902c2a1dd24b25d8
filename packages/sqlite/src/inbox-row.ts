import type { ClaimedEntry, InboxEntry, InboxItem, InboxState } from '@showpad-webhooks/core/inbox';
import { timesOf } from '@showpad-webhooks/core/inbox';

/** The columns of an entry without its body, which may be large. */
export const COLUMNS = 'seq, state, at_ms, fence, attempt, generation, body_digest, handlers, error, meta';

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
  readonly body?: Bytes | null;
  readonly body_bytes: number | bigint;
}

/** libsql gives an ArrayBuffer, better-sqlite3 a Buffer, and node:sqlite a Uint8Array. */
type Bytes = Uint8Array | ArrayBuffer;

/** The fields that are kept as JSON, because SQLite's text cannot hold NUL or half a surrogate pair, and JSON escapes them. */
type Meta = Omit<InboxEntry, 'body' | 'bodyDigest' | 'error'>;

export function metaOf({ body: _body, bodyDigest: _bodyDigest, error: _error, ...meta }: InboxEntry): string {
  return JSON.stringify(meta);
}

export function toClaimed(row: Row): ClaimedEntry {
  return {
    ...toEntry(row),
    body: toBytes(row.body),
    fence: Number(row.fence),
    attempt: Number(row.attempt),
    done: JSON.parse(row.handlers),
  };
}

export function toItem(row: Row): InboxItem {
  return {
    ...toEntry(row),
    ...timesOf(row.state, Number(row.at_ms)),
    ...(row.body !== undefined && { body: toBytes(row.body) }),
    bodyBytes: Number(row.body_bytes),
    state: row.state,
    attempt: Number(row.attempt),
    generation: Number(row.generation),
    done: JSON.parse(row.handlers),
  };
}

function toEntry(row: Row): Omit<InboxEntry, 'body'> {
  const meta: Meta = JSON.parse(row.meta);
  return {
    ...meta,
    url: meta.url, // JSON leaves out what is undefined.
    keyLabel: meta.keyLabel,
    bodyDigest: Number(row.body_digest),
    error: row.error === null ? undefined : JSON.parse(row.error),
  };
}

function toBytes(value: Bytes | null | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(value ?? new ArrayBuffer(0));
}
