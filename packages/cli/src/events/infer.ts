import { ANY_KEY, isDataKey, isEnumLike } from './field-names.ts';
import { isObject, type JsonSchema, mapSchemas, toObject, typesOf } from './json-schema.ts';
import { widen } from './widen.ts';

/** quicktype must not guess from values: a text that is a date until one day it is not would then be drift. */
const NO_GUESSES = {
  inferMaps: false,
  inferEnums: false,
  inferUuids: false,
  inferDateTimes: false,
  inferIntegerStrings: false,
  inferBooleanStrings: false,
  combineClasses: false,
} as const;

/**
 * Infers the JSON Schema that fits all values. A field that some of them lack is optional, one that is sometimes null or of
 * another type has several types, and a text of a few values has them as examples.
 */
export async function inferSchema(values: readonly unknown[]): Promise<JsonSchema> {
  // Loaded only here, because most commands do not need it.
  const { InputData, jsonInputForTargetLanguage, quicktype } = await import('quicktype-core');
  const input = jsonInputForTargetLanguage('schema');
  // The value is wrapped, so that it may be of any type.
  const samples = values.map((value) => JSON.stringify({ value: hideDataKeys(value) }));
  await input.addSource({ name: 'Data', samples });
  const inputData = new InputData();
  inputData.addInput(input);
  const { lines } = await quicktype({ inputData, lang: 'schema', ...NO_GUESSES });
  const { definitions, ...root } = JSON.parse(lines.join('\n'));
  const inferred = inline(root, new Map(Object.entries(definitions)));
  return addExamples(inferred.properties?.value ?? {}, values);
}

/** Turns an object whose keys are data into a list of its values, under a key of its own. */
function hideDataKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideDataKeys);
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  const named = entries
    .filter(([key]) => !isDataKey(key))
    .map(([key, each]) => [key, hideDataKeys(each)] as const);
  const others = entries.filter(([key]) => isDataKey(key)).map(([, each]) => hideDataKeys(each));
  return toObject(others.length > 0 ? [...named, [ANY_KEY, others] as const] : named);
}

/** Puts definitions where they are used, and all types of a value into one schema, so that it is easy to read and to compare. */
function inline(schema: JsonSchema, definitions: ReadonlyMap<string, unknown>): JsonSchema {
  const { $ref, anyOf, type, properties, required = [], items } = schema;
  const inner = (each: JsonSchema) => inline(each, definitions);
  if (typeof $ref === 'string') {
    return inner((definitions.get($ref.replace('#/definitions/', '')) ?? {}) as JsonSchema);
  }
  if (anyOf) return anyOf.map(inner).reduce((all, each) => widen(all, each));
  if (type === 'array') return isEmpty(items) ? { type } : { type, items: inner(items) };
  // JSON has one kind of number, and one that was whole in every sample need not be.
  if (type === 'integer') return { type: 'number' };
  if (type !== 'object') return type === undefined ? {} : { type };
  const fields = Object.entries(properties ?? {}).filter(([name]) => name !== ANY_KEY);
  const others = new Map(Object.entries(properties ?? {})).get(ANY_KEY);
  return {
    type,
    properties: toObject(fields.map(([name, each]) => [name, inner(each)])),
    required: required.filter((name) => name !== ANY_KEY),
    ...(others && { additionalProperties: inner(others).items ?? {} }),
  };
}

function isEmpty(schema: JsonSchema | undefined): schema is undefined {
  return schema === undefined || Object.keys(schema).length === 0;
}

const MAX_EXAMPLES = 20;

/** Adds the values of enum-like fields. */
function addExamples(schema: JsonSchema, values: readonly unknown[], fieldName = ''): JsonSchema {
  const objects = values.filter(isObject);
  const changed: Record<string, unknown> = {};
  if (schema.properties) {
    changed.properties = toObject(
      Object.entries(schema.properties).map(([name, each]) => [
        name,
        addExamples(each, fieldsOf(objects, name), name),
      ]),
    );
  }
  if (schema.items) changed.items = addExamples(schema.items, values.filter(Array.isArray).flat(), fieldName);
  const texts = [...new Set(values.filter((value) => typeof value === 'string'))].sort();
  const isShort = texts.length > 0 && texts.length <= MAX_EXAMPLES;
  if (isShort && texts.every((text) => isEnumLike(fieldName, text))) changed.examples = texts;
  return { ...schema, ...changed };
}

function fieldsOf(objects: readonly Readonly<Record<string, unknown>>[], name: string): readonly unknown[] {
  return objects.filter((each) => Object.hasOwn(each, name)).map((each) => each[name]);
}

/**
 * Replaces "always null so far" by "unknown". Nobody knows what such a field may be, so neither types nor validators may
 * say that it is null.
 */
export function withoutOnlyNull(schema: JsonSchema): JsonSchema {
  return mapSchemas(schema, (each) => {
    const types = typesOf(each);
    if (types?.length !== 1 || types[0] !== 'null') return each;
    const { type: _, ...rest } = each;
    return rest;
  });
}
