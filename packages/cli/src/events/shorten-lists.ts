import { isObject, toObject } from './json-schema.ts';

/** One event may have 1,000 items, and a few show what they look like. */
const MOST_ITEMS = 5;

/** Shortens the lists of a sample. Items that look different come first, those that show most before all others. */
export function shortenLists(value: unknown): unknown {
  if (Array.isArray(value)) return pick(value.map(shortenLists));
  if (!isObject(value)) return value;
  return toObject(Object.entries(value).map(([key, each]) => [key, shortenLists(each)]));
}

function pick(items: readonly unknown[]): readonly unknown[] {
  if (items.length <= MOST_ITEMS) return items;
  const byForm = new Map<string, unknown>();
  for (const item of items) {
    const form = formOf(item);
    if (!byForm.has(form)) byForm.set(form, item);
  }
  const forms = [...byForm].sort(([one], [other]) => other.length - one.length);
  const different = new Set(forms.map(([, item]) => item));
  return [...different, ...items.filter((item) => !different.has(item))].slice(0, MOST_ITEMS);
}

/** The fields of a value and their types. */
function formOf(value: unknown): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(formOf))].sort()}]`;
  if (!isObject(value)) return value === null ? 'null' : typeof value;
  const fields = Object.entries(value).map(([key, each]) => `${key}:${formOf(each)}`);
  return `{${fields.sort()}}`;
}
