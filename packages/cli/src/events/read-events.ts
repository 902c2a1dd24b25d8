import { basename } from 'node:path';
import type { EventJson } from '@showpad-webhooks/core/testing';
import { usageError } from '../cli-error.ts';
import { isObject, isSchemaDocument, toObject } from './json-schema.ts';

/** An event type with the `data` that was seen. */
export interface SeenEvent {
  readonly type: string;
  /** Null if the event has none. */
  readonly data: unknown;
}

export interface PastedText {
  readonly text: string;
  /** The path, or `-`. */
  readonly name: string;
  /** The type to use if the text does not name one. */
  readonly type: string | undefined;
}

/** How deep JSON may nest. Showpad's own sample has 3 levels. */
const MAX_DEPTH = 100;

/**
 * Reads what somebody pasted: a whole event, a list of them, or only the `data` of one. Then the type is the one of `--type`,
 * or the name of the file.
 *
 * @throws CliError that never quotes the text
 */
export function readPasted({ text, name, type }: PastedText): readonly SeenEvent[] {
  const source = sourceName(name);
  const value = parse(text, source);
  const values = Array.isArray(value) ? value : [value];
  if (values.length === 0) throw usageError(`${source} is an empty list.`, PASTE);
  return values.map((each) =>
    readOne(each, { source, type: type ?? typeOfFile(name), isGiven: type !== undefined }),
  );
}

/** What the sentences of errors call a file, or stdin. */
export function sourceName(name: string): string {
  return name === '-' ? 'The text on stdin' : `"${name}"`;
}

const PASTE = 'Paste the Sample Body as the Admin App shows it, from the first brace to the last.';

interface NamedType {
  readonly source: string;
  /** From `--type`, or the name of the file. */
  readonly type: string | undefined;
  readonly isGiven: boolean;
}

function typeOfFile(name: string): string | undefined {
  return name === '-' ? undefined : basename(name).replace(/\.[^.]*$/, '');
}

function readOne(value: unknown, { source, type, isGiven }: NamedType): SeenEvent {
  if (!isObject(value)) throw usageError(`${source} is not a JSON object.`, PASTE);
  if (value.version === 1 && typeof value.body === 'string' && typeof value.isAuthentic === 'boolean') {
    throw usageError(
      `${source} is a recording.`,
      'To learn from recordings, run "events learn" with their folder.',
    );
  }
  if (isSchemaDocument(value)) {
    throw usageError(
      `${source} is a schema, not an event.`,
      'To add the events of a schema, run "events import".',
    );
  }
  if (isEvent(value)) {
    if (isGiven && type !== value.type) {
      throw usageError(`${source} names another event type than --type.`, 'Leave out --type.');
    }
    return { type: value.type, data: value.data ?? null };
  }
  if (!type) throw usageError(`${source} does not name its event type.`, 'Pass it with --type.');
  return { type, data: value };
}

/** The data of an event may have a type too, so a type alone makes no event. */
export function isEvent(
  value: Readonly<Record<string, unknown>>,
): value is { readonly type: string; readonly data?: unknown } {
  const { type, data } = value;
  if (typeof type !== 'string' || type === '') return false;
  return isObject(data) || 'specversion' in value || ('data' in value && 'id' in value && 'time' in value);
}

/** A page in a browser may add spaces that do not break, or the fence of a code block. */
function parse(text: string, source: string): unknown {
  const clean = withoutFence(text.replace(/\u00A0/g, ' ').trim());
  if (clean === '') throw usageError(`${source} is empty.`, PASTE);
  let value: unknown;
  try {
    value = JSON.parse(clean);
  } catch {
    throw usageError(`${source} is not JSON.`, PASTE);
  }
  if (!isShallow(value)) throw usageError(`${source} nests deeper than ${MAX_DEPTH} levels.`);
  return withoutPrototypeKeys(value);
}

function withoutFence(text: string): string {
  const isFenced = text.startsWith('```') && text.endsWith('```') && text.includes('\n');
  return isFenced ? text.slice(text.indexOf('\n'), -3) : text;
}

/** Leaves out the keys that `parseEvent` removes, because a handler never sees them. */
export function withoutPrototypeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototypeKeys);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([key, each]) => {
    return (
      key !== '__proto__' && !(key === 'constructor' && isObject(each) && Object.hasOwn(each, 'prototype'))
    );
  });
  return toObject(entries.map(([key, each]) => [key, withoutPrototypeKeys(each)]));
}

/** Whether a value nests only as deep as code that calls itself can go. */
export function isShallow(root: unknown): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
    if (level.length === 0) return true;
  }
  return false;
}

/** Makes a whole event of a sample's data. Its id and time are invented. */
export function sampleEventOf(type: string, data: unknown): EventJson {
  return {
    type,
    specversion: 1,
    id: '00000000-0000-4000-8000-000000000001',
    time: '2026-01-05T08:30:00.000Z',
    data,
  };
}
