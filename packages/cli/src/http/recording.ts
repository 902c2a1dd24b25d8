import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEvent } from '@showpad-webhooks/core';
import { CliError, usageError } from '../cli-error.ts';
import type { HeaderMap } from './send.ts';

/** One delivery as it arrived, and what became of it. It contains a payload, but no key. */
export interface Recording {
  readonly receivedAt: string;
  readonly method: string;
  readonly headers: HeaderMap;
  readonly body: Buffer;
  /** Whether one of the keys of `listen` made the signature. Anybody can write a file, so this proves nothing later. */
  readonly isAuthentic: boolean;
  /** The label of that key. */
  readonly keyLabel?: string | undefined;
  /** What the receiver of `listen` made of it. */
  readonly outcome: string;
  /** Why, if it was rejected. */
  readonly code?: string | undefined;
  /** The status that it was answered with. */
  readonly status: number;
}

export interface RecordedFile extends Recording {
  readonly file: string;
}

export const VERSION = 1;
const HOW_TO_MAKE = 'Make a recording with "listen --record".';

/** Reads the recording of a file, or those of all `.json` files of a folder, the oldest first. */
export async function readRecordings(path: string): Promise<readonly RecordedFile[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw usageError(`There is no file or folder "${path}".`, HOW_TO_MAKE);
  if (!found.isDirectory()) return [await readRecording(path)];
  const names = (await readdir(path)).filter((name) => name.endsWith('.json')).sort();
  if (names.length === 0) throw usageError(`The folder "${path}" contains no recording.`, HOW_TO_MAKE);
  const recordings: RecordedFile[] = [];
  // One after the other, because a process may have only so many files open.
  for (const name of names) recordings.push(await readRecording(join(path, name)));
  return recordings;
}

async function readRecording(file: string): Promise<RecordedFile> {
  const recording = parse(await readFile(file, 'utf8'));
  if (!isRecording(recording)) {
    throw new CliError(`"${file}" is not a recording of version ${VERSION}.`, HOW_TO_MAKE);
  }
  return { ...recording, body: Buffer.from(recording.body, 'base64'), file };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** As a file contains it. */
type WrittenRecording = Omit<Recording, 'body'> & { readonly body: string };

function isRecording(value: Readonly<Record<string, unknown>>): value is WrittenRecording & typeof value {
  return (
    value.version === VERSION &&
    typeof value.receivedAt === 'string' &&
    !Number.isNaN(Date.parse(value.receivedAt)) &&
    typeof value.method === 'string' &&
    isHeaderMap(value.headers) &&
    typeof value.body === 'string' &&
    typeof value.isAuthentic === 'boolean' &&
    typeof value.outcome === 'string' &&
    typeof value.status === 'number'
  );
}

function isHeaderMap(value: unknown): value is HeaderMap {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((each) => [each].flat().every((text) => typeof text === 'string'));
}

/** Reads the type and the id of the event in a body. Returns undefined if there is no event in it. */
export function eventOf(body: Uint8Array): { readonly type: string; readonly id: string } | undefined {
  try {
    return parseEvent(body);
  } catch {
    return undefined;
  }
}
