import { isDeepStrictEqual } from 'node:util';
import { shown } from './differences.ts';
import { isComposed, isObject, type JsonSchema, typesOf } from './json-schema.ts';

/** What a schema allows now at one place. It contains names and types, and never a value. */
export interface SchemaChange {
  /** For example `data.items[].size`. A key that is data is `*`. */
  readonly path: string;
  readonly change: string;
}

/** Compares a schema with what `widen` made of it. What several fields refer to is listed once, by its name. */
export function findChanges(
  { $defs: before, ...root }: JsonSchema,
  { $defs: after, ...newRoot }: JsonSchema,
): readonly SchemaChange[] {
  const known = new Map<string, JsonSchema>(Object.entries(Object(before)));
  const changed = Object.entries<JsonSchema>(Object(after)).flatMap(([name, schema]) =>
    changesIn(known.get(name) ?? schema, schema, name),
  );
  return [...changesIn(root, newRoot, 'data'), ...changed];
}

function changesIn(before: JsonSchema, after: JsonSchema, path: string): readonly SchemaChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isComposed(before) || isComposed(after)) return [{ path, change: 'allows more' }];
  return [...typeChanges(before, after, path), ...fieldChanges(before, after, path)];
}

function typeChanges(before: JsonSchema, after: JsonSchema, path: string): readonly SchemaChange[] {
  const known = typesOf(before);
  if (!known) return [];
  const types = typesOf(after);
  if (!types) return [{ path, change: 'can be anything' }];
  const added = types.filter((type) => !known.includes(type));
  return added.length === 0 ? [] : [{ path, change: `can be ${added.join(' or ')}` }];
}

function fieldChanges(before: JsonSchema, after: JsonSchema, path: string): readonly SchemaChange[] {
  const known = new Map(Object.entries(before.properties ?? {}));
  const fields = Object.entries(after.properties ?? {}).flatMap(([name, field]) =>
    innerChanges(known.get(name), field, `${path}.${shown(name)}`),
  );
  const optional = (before.required ?? [])
    .filter((name) => !after.required?.includes(name))
    .map((name) => ({ path: `${path}.${shown(name)}`, change: 'can be missing' }));
  const { additionalProperties } = after;
  return [
    ...fields,
    ...optional,
    ...innerChanges(before.items, after.items, `${path}[]`),
    ...(isObject(additionalProperties)
      ? innerChanges(before.additionalProperties, additionalProperties as JsonSchema, `${path}.*`)
      : []),
  ];
}

function innerChanges(
  before: JsonSchema | boolean | undefined,
  after: JsonSchema | undefined,
  path: string,
): readonly SchemaChange[] {
  if (after === undefined) return [];
  return isObject(before) ? changesIn(before as JsonSchema, after, path) : [{ path, change: 'is new' }];
}
