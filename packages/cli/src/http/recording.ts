import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEvent } from '@showpad-webhooks/core';
import { CliError, usageError } from '../cli-error.ts';
import type { HeaderMap } from './send.ts';

/** One delivery as it arrived. It contains a payload, but no key. */
export interface Recording {
  readonly receivedAt: string;
  readonly method: string;
  readonly headers: HeaderMap;
  readonly body: Buffer;
  /** The status that it was answered with. */
  readonly status: number;
}

const VERSION = 1;
const HOW_TO_MAKE = 'Make a recording with "listen --record".';

/** Returns a function that writes a recording to a file which only its owner can read. The files sort by time. */
export async function createRecorder(folder: string): Promise<(recording: Recording) => Promise<string>> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(({ code }: NodeJS.ErrnoException) => {
    throw usageError(`--record: the folder "${folder}" cannot be created (${code}).`);
  });
  let written = 0;
  return async ({ body, ...recording }) => {
    const time = recording.receivedAt.replace(/[-:.]/g, '');
    const file = join(folder, `${time}-${String(++written).padStart(6, '0')}.json`);
    const text = JSON.stringify({ version: VERSION, ...recording, body: body.toString('base64') }, null, 2);
    await writeFile(file, `${text}\n`, { mode: 0o600, flag: 'wx' });
    return file;
  };
}

/** Reads the recording of a file, or those of all `.json` files of a folder, the oldest first. */
export async function readRecordings(path: string): Promise<readonly Recording[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw usageError(`There is no file or folder "${path}".`, HOW_TO_MAKE);
  if (!found.isDirectory()) return [await readRecording(path)];
  const names = (await readdir(path)).filter((name) => name.endsWith('.json')).sort();
  if (names.length === 0) throw usageError(`The folder "${path}" contains no recording.`, HOW_TO_MAKE);
  return Promise.all(names.map((name) => readRecording(join(path, name))));
}

async function readRecording(file: string): Promise<Recording> {
  const text = await readFile(file, 'utf8');
  const { version, receivedAt, method, headers, body, status } = parse(text);
  if (
    version !== VERSION ||
    typeof receivedAt !== 'string' ||
    typeof method !== 'string' ||
    !isHeaderMap(headers) ||
    typeof body !== 'string' ||
    typeof status !== 'number'
  ) {
    throw new CliError(`"${file}" is not a recording of version ${VERSION}.`, HOW_TO_MAKE);
  }
  return { receivedAt, method, headers, body: Buffer.from(body, 'base64'), status };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
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
