import { isDeepStrictEqual } from 'node:util';
import { isComposed, type JsonSchema, type TypeName, toObject, typesOf } from './json-schema.ts';

/**
 * The schema that fits whatever one of two schemas fits. It never narrows: a field that only one of them knows, or that one
 * of them does not require, becomes optional. What else the first says, such as a description, stays.
 */
export function widen(known: JsonSchema, found: JsonSchema): JsonSchema {
  const { $defs: knownDefs, ...knownRoot } = known;
  const { $defs: foundDefs, ...foundRoot } = found;
  const widened = widenSchema(knownRoot, foundRoot);
  if (!knownDefs && !foundDefs) return widened;
  return { ...widened, $defs: widenEach(Object(knownDefs), Object(foundDefs)) };
}

type Schemas = Readonly<Record<string, JsonSchema>>;

function widenEach(known: Schemas, found: Schemas): Schemas {
  const [knownMap, foundMap] = [new Map(Object.entries(known)), new Map(Object.entries(found))];
  const names = [...new Set([...knownMap.keys(), ...foundMap.keys()])];
  return toObject(
    names.map((name): readonly [string, JsonSchema] => {
      const one = knownMap.get(name);
      const other = foundMap.get(name);
      return [name, one && other ? widenSchema(one, other) : ((one ?? other) as JsonSchema)];
    }),
  );
}

function widenSchema(known: JsonSchema, found: JsonSchema): JsonSchema {
  if (isDeepStrictEqual(known, found)) return known;
  if (isComposed(known)) return widenComposed(known, found);
  if (isComposed(found)) return { anyOf: [known, found] };
  const knownTypes = typesOf(known);
  const foundTypes = typesOf(found);
  // One of them allows everything.
  if (!knownTypes) return known;
  if (!foundTypes) return found;
  return {
    ...known,
    ...toObject(Object.entries(found).filter(([keyword]) => !Object.hasOwn(known, keyword))),
    type: typeKeyword([...knownTypes, ...foundTypes]),
    ...widenFields(known, found),
    ...widenItems(known, found),
    ...widenExamples(known, found),
  };
}

/** A schema with keywords such as `enum` or `$ref` stays, and what was found becomes another possibility. */
function widenComposed(known: JsonSchema, found: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = known;
  if (!anyOf || Object.keys(rest).some((keyword) => keyword !== 'description'))
    return { anyOf: [known, found] };
  if (anyOf.some((each) => isDeepStrictEqual(each, found))) return known;
  const index = anyOf.findIndex((each) => !isComposed(each));
  if (index === -1) return { ...rest, anyOf: [...anyOf, found] };
  return { ...rest, anyOf: anyOf.map((each, at) => (at === index ? widenSchema(each, found) : each)) };
}

const ORDER: readonly TypeName[] = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];

function typeKeyword(types: readonly TypeName[]): TypeName | readonly TypeName[] {
  const found = ORDER.filter(
    (type) => types.includes(type) && !(type === 'integer' && types.includes('number')),
  );
  return found.length === 1 ? (found[0] as TypeName) : found;
}

function widenFields(known: JsonSchema, found: JsonSchema): JsonSchema {
  if (!allows(known, 'object') || !allows(found, 'object')) return {};
  const properties = widenEach(known.properties ?? {}, found.properties ?? {});
  const required = known.required?.filter((name) => found.required?.includes(name)) ?? [];
  const { additionalProperties: one } = known;
  const { additionalProperties: other } = found;
  const areSchemas = typeof one === 'object' && typeof other === 'object';
  const additionalProperties = areSchemas
    ? widenSchema(one, other)
    : one === false
      ? (other ?? one)
      : (one ?? other);
  return {
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(Object.hasOwn(known, 'required') || Object.hasOwn(found, 'required') ? { required } : {}),
    ...(additionalProperties !== undefined && { additionalProperties }),
  };
}

/** An array without items was always empty so far. */
function widenItems({ items: one }: JsonSchema, { items: other }: JsonSchema): JsonSchema {
  if (!one || !other) return {};
  return { items: widenSchema(one, other) };
}

function widenExamples({ examples: one }: JsonSchema, { examples: other }: JsonSchema): JsonSchema {
  return one && other ? { examples: [...new Set([...one, ...other])].sort() } : {};
}

function allows(schema: JsonSchema, type: TypeName): boolean {
  return typesOf(schema)?.includes(type) ?? true;
}
