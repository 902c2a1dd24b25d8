import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEvent } from '@showpad-webhooks/core';
import { CliError, usageError } from './cli-error.ts';
import type { HeaderMap } from './send.ts';

/** One delivery as it came, and what it was answered. It holds a payload, and no key. */
export interface Recording {
  readonly receivedAt: string;
  readonly method: string;
  readonly headers: HeaderMap;
  readonly body: Buffer;
  /** What it was answered. */
  readonly status: number;
}

const VERSION = 1;

/** Writes recordings to a folder, each to a file that only its owner can read; names sort by time. */
export async function createRecorder(folder: string): Promise<(recording: Recording) => Promise<string>> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(({ code }: NodeJS.ErrnoException) => {
    throw usageError(`--record: the folder "${folder}" can't be made (${code}).`);
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

/** The recordings of a file, or of all `.json` files of a folder, the oldest first. */
export async function readRecordings(path: string): Promise<readonly Recording[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw usageError(`there is no file or folder "${path}".`, 'Make one by listen --record.');
  if (!found.isDirectory()) return [await readRecording(path)];
  const names = (await readdir(path)).filter((name) => name.endsWith('.json')).sort();
  if (names.length === 0) throw usageError(`the folder "${path}" holds no recording.`);
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
    throw new CliError(`"${file}" is no recording of version ${VERSION}.`, 'Make one by listen --record.');
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

/** What a body says of its event; nothing where it is none. */
export function eventOf(body: Uint8Array): { readonly type: string; readonly id: string } | undefined {
  try {
    return parseEvent(body);
  } catch {
    return undefined;
  }
}
