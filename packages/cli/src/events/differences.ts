import type { ErrorObject, ValidateFunction } from 'ajv';
import type { CatalogueEvent } from './catalogue.ts';
import { ANY_KEY, isDataKey } from './field-names.ts';
import { isComposed, isObject, type JsonSchema, toObject, typeOf } from './json-schema.ts';
import type { SeenEvent } from './read-events.ts';
import { compileSchema, createAjv, shapeOf } from './validators.ts';

/** How events of a type differ from its schema at one place. It contains names and types, and never a value. */
export interface Difference {
  readonly type: string;
  /** For example `data.items[].size`. A key that is data is `*`. */
  readonly path: string;
  readonly problem: string;
  /** How many events have it. */
  readonly events: number;
}

/** Compares events with the schemas of their types. Events of a type that has no schema are left out. */
export async function findDifferences(
  catalogue: readonly CatalogueEvent[],
  seen: readonly SeenEvent[],
): Promise<readonly Difference[]> {
  const ajv = await createAjv();
  const checks = new Map<string, ValidateFunction>(
    catalogue.map(({ type, schema }) => [type, compileSchema(ajv, type, close(shapeOf(schema)))]),
  );
  const found = new Map<string, Difference>();
  for (const { type, data } of seen) {
    const check = checks.get(type);
    if (!check || check(data)) continue;
    const places = new Map(
      (check.errors ?? []).map((error) => placeOf(error, data)).map((place) => [place.join(), place]),
    );
    for (const [path, problem] of places.values()) {
      const key = JSON.stringify([type, path, problem]);
      found.set(key, { type, path, problem, events: (found.get(key)?.events ?? 0) + 1 });
    }
  }
  return [...found.values()].sort((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1));
}

function sortKey({ type, path, problem }: Difference): string {
  return JSON.stringify([type, path, problem]);
}

/** Refuses fields that the schema does not name, because they are news. */
function close(schema: JsonSchema): JsonSchema {
  if (isComposed(schema)) return schema;
  const { properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(properties && {
      properties: toObject(Object.entries(properties).map(([name, each]) => [name, close(each)])),
    }),
    ...(properties && additionalProperties === undefined && { additionalProperties: false }),
    ...(isObject(additionalProperties) && {
      additionalProperties: close(additionalProperties as JsonSchema),
    }),
    ...(isObject(items) && { items: close(items) }),
  };
}

/** The path of an error, and what is wrong there. */
function placeOf(error: ErrorObject, data: unknown): readonly [path: string, problem: string] {
  const { instancePath, keyword, params } = error;
  const names = instancePath.split('/').slice(1).map(unescapePointer);
  const { path, value } = follow(names, data);
  if (keyword === 'required') return [`${path}.${shown(params.missingProperty)}`, 'is missing'];
  if (keyword === 'additionalProperties')
    return [`${path}.${shown(params.additionalProperty)}`, 'is not in the schema'];
  if (keyword === 'type') return [path, `is ${typeOf(value)}, not ${[params.type].flat().join(' or ')}`];
  return [path, `does not fit "${keyword}"`];
}

function follow(names: readonly string[], data: unknown): { readonly path: string; readonly value: unknown } {
  let path = 'data';
  let value = data;
  for (const name of names) {
    path += Array.isArray(value) ? '[]' : `.${shown(name)}`;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return { path, value };
}

/** A key as it may be shown. */
export function shown(key: string): string {
  return isDataKey(key) ? ANY_KEY : key;
}

function unescapePointer(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}
