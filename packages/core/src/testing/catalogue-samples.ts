import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../events/json.ts';
import type { EventJson } from './event-json.ts';

/** Where `showpad-webhooks events add` keeps what it knows of your events, in the folder of your app. */
export const CATALOGUE_FOLDER = 'showpad-events';

const SAMPLE = '.sample.json';

/**
 * Reads the samples of a catalogue, which `showpad-webhooks events add` made. A folder that does not exist has none.
 *
 * @param folder relative to the working directory. Default `showpad-events`.
 * @throws Error that names the file, if one is no event.
 *
 * @example
 * ```ts
 * import { readSamples } from '@showpad-webhooks/core/testing';
 *
 * console.log(readSamples().map(({ type }) => type)); // []
 * ```
 */
export function readSamples(folder: string = CATALOGUE_FOLDER): readonly EventJson[] {
  return namesIn(folder)
    .filter((name) => name.endsWith(SAMPLE))
    .sort()
    .map((name) => readSample(join(folder, name)));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readSample(path: string): EventJson {
  let sample: Partial<EventJson> = {};
  try {
    sample = Object(parseJson(readFileSync(path)));
  } catch {
    // The error below says it.
  }
  const { type, id, data } = sample;
  if (typeof type === 'string' && type !== '' && typeof id === 'string' && data !== undefined) {
    return sample as EventJson;
  }
  throw new Error(
    `"${path}" is not an event with a type, an id and data. Run "showpad-webhooks events add" again.`,
  );
}
