import type { LogEntry } from '@showpad-webhooks/client';
import type { HeaderMap } from '../http/send.ts';

/** One attempt at an event, as Showpad's log shows it. */
export interface LoggedAttempt {
  /** From 1. Undefined if the log does not say. */
  readonly number: number | undefined;
  readonly atMs: number;
  /** Null if there was no answer. */
  readonly status: number | null;
  readonly errorCode: string | undefined;
  /** The headers of the answer. Undefined if the log does not show them. */
  readonly headers: HeaderMap | undefined;
}

export interface LoggedEvent {
  readonly eventId: string;
  /** Undefined if the log does not say. */
  readonly type: string | undefined;
  /** At least one, the earliest first. */
  readonly attempts: readonly LoggedAttempt[];
}

export interface ReadLog {
  /** The events that had an attempt since then. */
  readonly events: readonly LoggedEvent[];
  /** How many entries could not be read, and the names of the fields that they have. */
  readonly unreadable: number;
  readonly fields: readonly string[];
}

/** The types in LogEntry are inferred, so nothing is taken for granted. */
type Fields = Readonly<Record<string, unknown>>;

/** Showpad's attempts at one event, with their timeouts, fit into this. */
export const CHAIN_MS = 120_000;

/** Reads the attempts since a time. If the log lists the latest first, it reads only as far as it needs to. */
export async function readLog(entries: AsyncIterable<LogEntry>, sinceMs: number): Promise<ReadLog> {
  const events = new Map<string, LoggedEvent & { readonly attempts: LoggedAttempt[] }>();
  const seen = new Set<unknown>();
  const fields = new Set<string>();
  const isOver = createEndFinder(sinceMs);
  let unreadable = 0;
  for await (const entry of entries) {
    // While Showpad adds attempts, an entry may move from one page to the next.
    if (entry.id !== undefined && seen.has(entry.id)) continue;
    seen.add(entry.id);
    const { eventId, type } = entry as Fields;
    const attempt = readAttempt(entry);
    if (typeof eventId !== 'string' || !attempt) {
      unreadable++;
      for (const name of Object.keys(entry)) fields.add(name);
      continue;
    }
    if (isOver(attempt.atMs)) break;
    const known = typeof type === 'string' ? type : undefined;
    const event = events.get(eventId) ?? { eventId, type: known, attempts: [] };
    event.attempts.push(attempt);
    events.set(eventId, event);
  }
  const wanted = [...events.values()].filter(({ attempts }) => attempts.some(({ atMs }) => atMs >= sinceMs));
  for (const { attempts } of wanted) attempts.sort((one, other) => one.atMs - other.atMs);
  return { events: wanted, unreadable, fields: [...fields] };
}

/** Says of each entry whether everything that matters came before it. Showpad does not document the order. */
function createEndFinder(sinceMs: number): (atMs: number) => boolean {
  let firstMs: number | undefined;
  let previousMs = Number.POSITIVE_INFINITY;
  let isLatestFirst = true;
  return (atMs) => {
    firstMs ??= atMs;
    if (atMs > previousMs + CHAIN_MS) isLatestFirst = false;
    previousMs = atMs;
    return isLatestFirst && atMs < firstMs - CHAIN_MS && atMs < sinceMs - CHAIN_MS;
  };
}

/** Returns undefined if the entry does not have the fields that are expected. A guess could hide a lost event. */
function readAttempt(entry: Fields): LoggedAttempt | undefined {
  const { attempt, requestedAt, statusCode, error, responseHeaders } = entry;
  const atMs = typeof requestedAt === 'string' ? Date.parse(requestedAt) : Number.NaN;
  const isAnswered = Number.isInteger(statusCode);
  const isUnanswered = statusCode === null || (statusCode === undefined && Boolean(error));
  if (Number.isNaN(atMs) || !(isAnswered || isUnanswered)) return undefined;
  return {
    number: Number.isInteger(attempt) ? (attempt as number) : undefined,
    atMs,
    status: isAnswered ? (statusCode as number) : null,
    errorCode: codeOf(error),
    headers: readHeaders(responseHeaders),
  };
}

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'string' ? error : Object(error).code;
  return typeof code === 'string' ? code : undefined;
}

/** Reads headers as an object, or as a list of `{ name, value }`. */
function readHeaders(headers: unknown): HeaderMap | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const entries = Array.isArray(headers)
    ? headers.map((each) => [Object(each).name, Object(each).value])
    : Object.entries(headers);
  return Object.fromEntries(entries.map(([name, value]) => [String(name).toLowerCase(), String(value)]));
}
