import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventJson } from '@showpad-webhooks/core/testing';
import { CliError } from '../cli-error.ts';
import { isObject, type JsonSchema } from './json-schema.ts';

export const DEFAULT_FOLDER = 'showpad-events';

/** Where a schema comes from. `deliveries` is how many the largest run of "events learn" has seen. */
export interface Origins {
  readonly sampleBody?: true;
  readonly payloadReference?: true;
  readonly observedDeliveries?: number;
}

/** One event type of the catalogue. */
export interface CatalogueEvent {
  readonly type: string;
  /** The schema of the event's `data`. */
  readonly schema: JsonSchema;
  readonly origins: Origins;
  /** A whole event without personal data. */
  readonly sample?: EventJson | undefined;
  /** The name of its files, without their endings. */
  readonly fileName: string;
}

const SCHEMA = '.schema.json';
const SAMPLE = '.sample.json';
const ORIGINS = 'x-showpad-origins';
const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

/** Reads a catalogue. A folder that does not exist is an empty one. */
export async function readCatalogue(folder: string): Promise<readonly CatalogueEvent[]> {
  const names = (await readdir(folder).catch(ignoreMissing)).filter((name) => name.endsWith(SCHEMA)).sort();
  const events: CatalogueEvent[] = [];
  for (const name of names) {
    const fileName = name.slice(0, -SCHEMA.length);
    const path = join(folder, name);
    const content = await readJsonFile(path);
    if (!isObject(content) || typeof content.title !== 'string' || content.title === '') {
      throw new CliError(
        `"${path}" has no "title", which must be the event type.`,
        'Restore the file, or delete it.',
      );
    }
    const { $schema: _, title: type, [ORIGINS]: origins = {}, ...schema } = content;
    const sample = await readSample(join(folder, `${fileName}${SAMPLE}`));
    events.push({ type, schema: schema as JsonSchema, origins: Object(origins), sample, fileName });
  }
  return events;
}

async function readSample(path: string): Promise<EventJson | undefined> {
  if (!existsSync(path)) return undefined;
  const sample = await readJsonFile(path);
  if (
    isObject(sample) &&
    typeof sample.type === 'string' &&
    typeof sample.id === 'string' &&
    'data' in sample
  ) {
    return sample as unknown as EventJson;
  }
  throw new CliError(
    `"${path}" is not an event with a type, an id and data.`,
    'Restore the file, or delete it and add the event again.',
  );
}

/** Writes the files of an event, each only if it changes. */
export async function writeEvent(folder: string, event: Omit<CatalogueEvent, 'fileName'>): Promise<void> {
  const { type, origins, schema, sample } = event;
  await mkdir(folder, { recursive: true });
  const fileName = (await fileNameOf(folder, type)) ?? (await freeFileName(folder, type));
  await writeJson(join(folder, `${fileName}${SCHEMA}`), {
    $schema: DRAFT,
    title: type,
    [ORIGINS]: origins,
    ...schema,
  });
  if (sample) await writeJson(join(folder, `${fileName}${SAMPLE}`), sample);
}

async function fileNameOf(folder: string, type: string): Promise<string | undefined> {
  return (await readCatalogue(folder)).find((event) => event.type === type)?.fileName;
}

/** Makes a name of the type. Types are data, so one may contain "../", and two may differ only in upper and lower case. */
async function freeFileName(folder: string, type: string): Promise<string> {
  const base = type.replace(/[^\w-]+/g, '_').slice(0, 80);
  const taken = new Set((await readdir(folder)).map((name) => name.toLowerCase()));
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(`${name}${SCHEMA}`.toLowerCase())) return name;
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeIfChanged(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Writes a file as a whole, so that nobody reads half of it. Resolves to whether it changed. */
export async function writeIfChanged(path: string, text: string): Promise<boolean> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return false;
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
  return true;
}

async function readJsonFile(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(`"${path}" is not JSON.`, 'Look for a conflict of a merge, or restore the file.');
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
