import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../cli-error.ts';
import { type Recording, VERSION, writtenBody } from './recording.ts';

export interface RecorderOptions {
  readonly folder: string;
  /** How many deliveries that are not authentic the folder may hold. Strangers send them, and could fill the disk. */
  readonly maxForged: number;
  /** The flag that names the folder, for errors. */
  readonly flag: string;
}

/** Why a delivery was not recorded, or the file that it was recorded in. */
export type Recorded = { readonly file: string } | { readonly notRecorded: string };

export type Recorder = (recording: Recording) => Promise<Recorded>;

/** A larger body is not an honest mistake, so nobody wants to look at it. */
const MAX_FORGED_BYTES = 1024 * 1024;
const FORGED = '.forged.json';

/** Returns a function that writes a recording to a file which only its owner can read. The files sort by time. */
export async function createRecorder({ folder, maxForged, flag }: RecorderOptions): Promise<Recorder> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(({ code }: NodeJS.ErrnoException) => {
    throw usageError(`${flag}: the folder "${folder}" cannot be created (${code}).`);
  });
  let forged = (await readdir(folder)).filter((name) => name.endsWith(FORGED)).length;
  let written = 0;
  return async ({ body, ...recording }) => {
    if (!recording.isAuthentic) {
      if (body.byteLength > MAX_FORGED_BYTES) {
        return { notRecorded: `It is not authentic, and its body of ${body.byteLength} bytes is too large.` };
      }
      if (forged >= maxForged) {
        return {
          notRecorded: `It is not authentic, and the folder may hold ${maxForged} of those (--record-forged).`,
        };
      }
      forged++;
    }
    const time = recording.receivedAt.replace(/[-:.]/g, '');
    const number = String(++written).padStart(6, '0');
    const file = join(folder, `${time}-${number}${recording.isAuthentic ? '.json' : FORGED}`);
    const text = JSON.stringify({ version: VERSION, ...recording, ...writtenBody(body) }, null, 2);
    await writeFile(file, `${text}\n`, { mode: 0o600, flag: 'wx' });
    return { file };
  };
}
