import type { LogEntry } from '@showpad-webhooks/client';
import { Option } from 'commander';
import { usageError } from '../cli-error.ts';
import { collect } from '../terminal/flags.ts';

/** What is read of an entry of Showpad's log. Showpad does not document the fields, so their names are inferred. */
const LOG_FIELDS = [
  'id',
  'eventId',
  'type',
  'attempt',
  'requestedAt',
  'statusCode',
  'responseHeaders',
  'error',
] as const satisfies readonly (keyof LogEntry)[];

export const LOG_FIELD_NAMES: string = LOG_FIELDS.join(', ');

export function logFieldFlag(): Option {
  return new Option(
    '--log-field <field=path>',
    `Where an entry of Showpad's log has a field, such as statusCode=response.status; can be repeated. The fields are ${LOG_FIELD_NAMES}`,
  ).argParser(collect);
}

/** Makes the function that reads an entry of the log. A field without a flag is read under its own name. */
export function readLogFields(
  flags: readonly string[] = [],
): (entry: Readonly<Record<string, unknown>>) => LogEntry {
  const paths = flags.map(readFlag);
  return (entry) => ({
    ...entry,
    ...Object.fromEntries(paths.map(([field, path]) => [field, valueAt(entry, path)])),
  });
}

function readFlag(flag: string): readonly [field: string, path: readonly string[]] {
  const [, field = '', path = ''] = /^(\w+)=(\S+)$/.exec(flag) ?? [];
  if (LOG_FIELDS.some((known) => known === field)) return [field, path.split('.')];
  throw usageError(
    '--log-field must be a field, "=" and a path, for example statusCode=response.status.',
    `The fields are ${LOG_FIELD_NAMES}.`,
  );
}

function valueAt(entry: unknown, path: readonly string[]): unknown {
  return path.reduce((value, name) => {
    const place = Object(value);
    return Object.hasOwn(place, name) ? place[name] : undefined;
  }, entry);
}
