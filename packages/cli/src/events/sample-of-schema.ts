import { isObject, type JsonSchema, toObject, typesOf } from './json-schema.ts';

/** How deep optional fields go. A schema may contain itself. */
const OPTIONAL_DEPTH = 6;
const MAX_DEPTH = 30;

/** Invents data that fits a schema, for an event that nobody has seen yet. */
export function sampleOfSchema(schema: JsonSchema): unknown {
  return invent(schema, 'value', schema, 0);
}

function invent(schema: JsonSchema, name: string, root: JsonSchema, depth: number): unknown {
  // A schema may be only "true".
  if (!isObject(schema) || depth > MAX_DEPTH) return null;
  const { $ref, properties, items, examples } = schema;
  if (typeof $ref === 'string') {
    const found = Object(root.$defs)[$ref.replace('#/$defs/', '')];
    return isObject(found) ? invent(found, name, root, depth + 1) : null;
  }
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (examples?.length) return examples[0];
  const choice = [schema.oneOf ?? schema.anyOf].flat().find(isObject);
  if (choice) return invent(choice, name, root, depth + 1);
  const parts = Array.isArray(schema.allOf) ? schema.allOf.filter(isObject) : [];
  const type =
    typesOf(schema)?.find((each) => each !== 'null') ??
    (properties || parts.length > 0 ? 'object' : undefined);
  switch (type) {
    case 'object': {
      const inherited = parts.map((part) => invent(part, name, root, depth + 1)).filter(isObject);
      const fields = Object.entries(properties ?? {}).filter(
        ([key]) => depth < OPTIONAL_DEPTH || schema.required?.includes(key),
      );
      const own = fields.map(([key, each]) => [key, invent(each, key, root, depth + 1)] as const);
      return toObject([...inherited.flatMap((each) => Object.entries(each)), ...own]);
    }
    case 'array':
      return items ? [invent(items, name, root, depth + 1)] : [];
    case 'string':
      return inventText(name, schema.format);
    case 'number':
    case 'integer':
      return Math.max(1, Number(schema.minimum ?? 1));
    case 'boolean':
      return true;
    default:
      return null;
  }
}

function inventText(name: string, format: unknown): string {
  if (format === 'date-time') return '2026-01-05T08:30:00Z';
  if (format === 'date') return '2026-01-05';
  if (format === 'uuid') return '00000000-0000-4000-8000-000000000001';
  if (format === 'email') return 'person-1@example.com';
  if (format === 'uri') return 'https://example.com/1';
  return `${name} 1`;
}
