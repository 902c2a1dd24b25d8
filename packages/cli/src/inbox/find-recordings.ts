import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../cli-error.ts';
import { eventOf, readRecordings } from '../http/recording.ts';
import type { Searched } from './person.ts';

export interface FoundRecordings {
  /** The files that are meant. */
  readonly files: readonly string[];
  /** Why a file was not searched, or cannot be deleted. */
  readonly refused: readonly { readonly file: string; readonly refusal: string }[];
}

/** Finds the recordings of a folder that are meant. */
export async function findRecordings(
  folder: string,
  isMeant: (recording: Searched) => boolean,
): Promise<FoundRecordings> {
  const names = await readdir(folder).catch(({ code }: NodeJS.ErrnoException) => {
    throw usageError(`--recordings: the folder "${folder}" cannot be read (${code}).`);
  });
  const files: string[] = [];
  const refused: { file: string; refusal: string }[] = [];
  for (const name of names.filter((each) => /\.(?:json|jsonl|ndjson)$/.test(each)).sort()) {
    const file = join(folder, name);
    try {
      const meant = (await readRecordings(file)).filter(({ headers, body }) =>
        isMeant({
          id: eventOf(body)?.id ?? '',
          url: undefined,
          headers: textsOf(headers),
          error: undefined,
          body,
        }),
      );
      if (meant.length === 0) continue;
      if (name.endsWith('.json')) files.push(file);
      else
        refused.push({
          file,
          refusal: deadLettersOf(meant.length),
        });
    } catch {
      refused.push({ file, refusal: 'It could not be read as a recording, so it was not searched.' });
    }
  }
  return { files, refused };
}

function deadLettersOf(count: number): string {
  return `It has ${count} such dead ${count === 1 ? 'letter. Delete the line' : 'letters. Delete the lines'} yourself.`;
}

function textsOf(headers: Readonly<Record<string, string | readonly string[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  );
}
