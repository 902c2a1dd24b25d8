import { basename } from 'node:path';
import type { EventJson } from '@showpad-webhooks/core/testing';
import { usageError } from '../cli-error.ts';
import { isObject, toObject } from './json-schema.ts';

/** An event type with the `data` that was seen. */
export interface SeenEvent {
  readonly type: string;
  readonly data: unknown;
}

export interface PastedText {
  readonly text: string;
  /** For errors: the path, or `-`. */
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
  const value = parse(text, name);
  const values = Array.isArray(value) ? value : [value];
  if (values.length === 0) throw usageError(`"${name}" is an empty list.`);
  return values.map((each) => readOne(each, name, type));
}

function readOne(value: unknown, name: string, type: string | undefined): SeenEvent {
  if (!isObject(value))
    throw usageError(`"${name}" is no JSON object.`, 'Paste the Sample Body as the Admin App shows it.');
  if (value.version === 1 && typeof value.body === 'string' && typeof value.isAuthentic === 'boolean') {
    throw usageError(
      `"${name}" is a recording.`,
      'To learn from recordings, run "events learn" with their folder.',
    );
  }
  if (isEvent(value)) return { type: type ?? value.type, data: value.data ?? {} };
  const found = type ?? (name === '-' ? undefined : basename(name).replace(/\.[^.]*$/, ''));
  if (!found) throw usageError('The text does not name its event type.', 'Pass it with --type.');
  return { type: found, data: value };
}

/** The data of an event may have a type too, so a type alone makes no event. */
function isEvent(
  value: Readonly<Record<string, unknown>>,
): value is { readonly type: string; readonly data?: unknown } {
  const { type, data } = value;
  if (typeof type !== 'string' || type === '') return false;
  return (
    isObject(data) || (data === undefined && ('specversion' in value || ('id' in value && 'time' in value)))
  );
}

/** A page in a browser may add a byte order mark, spaces that do not break, or the fence of a code block. */
function parse(text: string, name: string): unknown {
  const clean = withoutFence(
    text
      .replace(/^\uFEFF/, '')
      .replace(/\u00A0/g, ' ')
      .trim(),
  );
  let value: unknown;
  try {
    value = JSON.parse(clean);
  } catch {
    throw usageError(
      `"${name}" is not JSON.`,
      'Paste the whole Sample Body, from the first brace to the last.',
    );
  }
  if (!isShallow(value)) throw usageError(`"${name}" nests deeper than ${MAX_DEPTH} levels.`);
  return withoutPrototypeKeys(value);
}

function withoutFence(text: string): string {
  const isFenced = text.startsWith('```') && text.endsWith('```') && text.includes('\n');
  return isFenced ? text.slice(text.indexOf('\n'), -3) : text;
}

/** Leaves out the keys that `parseEvent` removes, because a handler never sees them. */
function withoutPrototypeKeys(value: unknown): unknown {
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
