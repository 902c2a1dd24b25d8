import type { InboxItem } from '@showpad-webhooks/core/inbox';
import { usageError } from '../cli-error.ts';

/** What is searched: an entry of an inbox, or a delivery that was recorded. */
export type Searched = Pick<InboxItem, 'id' | 'url' | 'headers' | 'error' | 'body'> &
  Partial<Pick<InboxItem, 'failures'>>;

export interface PersonFlags {
  readonly where?: readonly string[];
  readonly containing?: readonly string[];
}

/**
 * Makes a function that says whether one of the flags means an entry. Upper and lower case do not matter.
 *
 * @throws CliError for a flag that would mean everything, or nothing
 */
export function personMatcher({ where = [], containing = [] }: PersonFlags): (entry: Searched) => boolean {
  const fields = where.map(parseField);
  const texts = containing.map((text) => {
    if (text.trim() === '') throw usageError('--containing needs a text, such as an e-mail address.');
    return fold(text);
  });
  return (entry) => {
    const payload = payloadOf(entry.body);
    const { id, url, headers, error, failures = [] } = entry;
    const messages = [error, ...failures].map((failed) => failed?.message);
    return (
      fields.some(({ path, value }) => valuesAt(payload, path).includes(value)) ||
      (texts.length > 0 && contains([payload, id, url, headers, messages], texts))
    );
  };
}

interface Field {
  readonly path: readonly string[];
  readonly value: string;
}

function parseField(text: string): Field {
  const [, path = '', value = ''] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (path !== '') return { path: path.split('.'), value: fold(value) };
  throw usageError(
    '--where is not a field and its value.',
    'Pass, for example, --where data.invitee.email=jane@example.com',
  );
}

function fold(value: unknown): string {
  return String(value).normalize().toLowerCase();
}

/** The JSON of a body, or its text if it is none. */
function payloadOf(body: Uint8Array | undefined): unknown {
  const text = Buffer.from(body ?? []).toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The values of a field. Of a list, each element is looked at. */
function valuesAt(payload: unknown, path: readonly string[]): readonly string[] {
  let found: readonly unknown[] = [payload];
  for (const name of path) {
    const objects = found.flat().filter((each): each is Record<string, unknown> => isObject(each));
    found = objects.flatMap((each) => (Object.hasOwn(each, name) ? each[name] : []));
  }
  return found.flat().map(fold);
}

/** Whether one of the texts is somewhere in a value, at any depth. The names of fields count too. */
function contains(value: unknown, texts: readonly string[]): boolean {
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (!isObject(next)) {
      const text = fold(next);
      if (texts.some((each) => text.includes(each))) return true;
      continue;
    }
    for (const [name, each] of Object.entries(next)) left.push(name, each);
  }
  return false;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
