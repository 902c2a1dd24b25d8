import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEvent } from '@showpad-webhooks/core';
import { CliError, usageError } from '../cli-error.ts';
import { recordingOfLetter } from './dead-letter.ts';
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

/** A file of dead letters: one JSON object per line. */
const IS_LINES = /\.(?:jsonl|ndjson)$/;

/** Reads the recording of a file, those of all `.json` files of a folder, the oldest first, or the dead letters of a file. */
export async function readRecordings(path: string): Promise<readonly RecordedFile[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw usageError(`There is no file or folder "${path}".`, HOW_TO_MAKE);
  if (!found.isDirectory() && IS_LINES.test(path)) return readLetters(path);
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
  const { body, bodyText, ...rest } = recording;
  return {
    ...rest,
    body: bodyText === undefined ? Buffer.from(body ?? '', 'base64') : Buffer.from(bodyText),
    file,
  };
}

async function readLetters(file: string): Promise<readonly RecordedFile[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const letter = parse(line);
    const name = `${file}:${index + 1}`;
    if (!isHeaderMap(letter.headers) || typeof letter.body !== 'string') {
      throw new CliError(
        `"${name}" is not a dead letter.`,
        'Each line must have the headers and, in base64, the body, as in the quick start.',
      );
    }
    return [{ ...recordingOfLetter({ ...letter, headers: letter.headers, body: letter.body }), file: name }];
  });
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** As a file contains it: a body that is text as it is, and any other in base64. */
type WrittenRecording = Omit<Recording, 'body'> & {
  readonly body?: string;
  readonly bodyText?: string;
};

/** Writes a body so that a person can read it, and so that no byte of it changes. */
export function writtenBody(body: Buffer): Pick<WrittenRecording, 'body' | 'bodyText'> {
  const bodyText = body.toString();
  return Buffer.from(bodyText).equals(body) ? { bodyText } : { body: body.toString('base64') };
}

function isRecording(value: Readonly<Record<string, unknown>>): value is WrittenRecording & typeof value {
  return (
    value.version === VERSION &&
    typeof value.receivedAt === 'string' &&
    !Number.isNaN(Date.parse(value.receivedAt)) &&
    typeof value.method === 'string' &&
    isHeaderMap(value.headers) &&
    // It must not have both, because only one of them is verified and sent.
    (typeof value.bodyText === 'string') !== (typeof value.body === 'string') &&
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
