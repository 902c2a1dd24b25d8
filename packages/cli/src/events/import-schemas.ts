import { usageError } from '../cli-error.ts';
import {
  isObject,
  isOpenApi,
  isSchemaDocument,
  type JsonSchema,
  mapSchemas,
  type TypeName,
  toObject,
  typesOf,
} from './json-schema.ts';
import { isEvent, isShallow, sourceName, withoutPrototypeKeys } from './read-events.ts';
import { compileSchema, createAjv, shapeOf } from './validators.ts';

/** An event type and the schema of its `data`. */
export interface ImportedSchema {
  readonly type: string;
  readonly schema: JsonSchema;
}

export interface SchemaText {
  readonly text: string;
  /** The path, or `-`. */
  readonly name: string;
  /** The type to use if the schema does not name one. */
  readonly type: string | undefined;
  /** The one schema of the document to read. */
  readonly schemaName: string | undefined;
}

type Document = Readonly<Record<string, unknown>>;

/** A document, and what errors call it. */
interface Source {
  readonly name: string;
  readonly document: Document;
}

/**
 * Reads JSON Schema or OpenAPI, as JSON or YAML. A schema of a whole event names its type as a `const`. In OpenAPI, the name
 * of a webhook is its type too. A schema of `data` alone needs a type from outside.
 *
 * @throws CliError that names references at most, and quotes nothing else
 */
export async function readSchemas({
  text,
  name,
  type,
  schemaName,
}: SchemaText): Promise<readonly ImportedSchema[]> {
  const source = await parseDocument(text, sourceName(name));
  const found = new Map<string, JsonSchema>();
  for (const [named, schema] of candidates(source, type, schemaName)) {
    for (const each of eventsIn(named, schema, source)) {
      if (!found.has(each.type)) found.set(each.type, each.schema);
    }
  }
  if (found.size === 0 && type !== undefined && !isOpenApi(source.document)) {
    found.set(type, source.document as JsonSchema);
  }
  if (found.size === 0) {
    throw usageError(`${source.name} does not say which event types it describes.`, howToName(source));
  }
  const ajv = await createAjv();
  return [...found].map(([eventType, schema]) => {
    const completed = complete(schema, source);
    // It is compiled before it is in the catalogue, because there it would make every later command fail.
    compileSchema(ajv, eventType, shapeOf(completed));
    return { type: eventType, schema: completed };
  });
}

async function parseDocument(text: string, name: string): Promise<Source> {
  const { parse } = await import('yaml');
  let document: unknown;
  try {
    // JSON is YAML too. An alias could make a small file huge, or a value contain itself.
    document = JSON.parse(
      JSON.stringify(parse(text, { maxAliasCount: 100, prettyErrors: false, logLevel: 'error' })),
    );
  } catch {
    throw usageError(`${name} is neither JSON nor YAML.`);
  }
  if (!isObject(document)) throw usageError(`${name} is neither a JSON Schema nor an OpenAPI document.`);
  if (!isShallow(document)) throw usageError(`${name} nests too deeply.`);
  if (!isSchemaDocument(document) && isEvent(document)) {
    throw usageError(`${name} is an event, not a schema.`, 'To add an event, run "events add".');
  }
  return { name, document: withoutPrototypeKeys(document) as Document };
}

const PLACES = [['components', 'schemas'], ['$defs'], ['definitions']];

function namedSchemas({ document }: Source): readonly (readonly [string, JsonSchema])[] {
  return PLACES.flatMap((path) => entriesAt(document, ...path)).flatMap(([name, schema]) =>
    isObject(schema) ? [[name, schema as JsonSchema] as const] : [],
  );
}

function howToName(source: Source): string {
  const names = namedSchemas(source).map(([name]) => name);
  if (names.length > 0) {
    return `Name one of its schemas with --schema, and its event type with --type. It has ${names.join(', ')}.`;
  }
  return isOpenApi(source.document)
    ? 'It has neither webhooks nor schemas.'
    : 'Pass the event type with --type.';
}

/** Schemas that may be those of events. The name is the event type, if it is known from outside of the schema. */
function* candidates(
  source: Source,
  type: string | undefined,
  schemaName: string | undefined,
): Iterable<readonly [string | undefined, JsonSchema]> {
  const { document } = source;
  if (schemaName !== undefined) {
    const found = namedSchemas(source).find(([name]) => name === schemaName);
    if (!found) throw usageError(`${source.name} has no schema "${schemaName}".`, howToName(source));
    yield [type, found[1]];
    return;
  }
  // Version 3.0 of OpenAPI has no webhooks, so tools read them from an extension.
  for (const keyword of ['webhooks', 'x-webhooks']) {
    for (const [name, item] of entriesAt(document, keyword)) {
      for (const operation of Object.values(Object(item))) {
        for (const [, media] of entriesAt(operation, 'requestBody', 'content')) {
          const { schema } = Object(media);
          if (isObject(schema)) yield [name, schema];
        }
      }
    }
  }
  for (const [, schema] of namedSchemas(source)) yield [undefined, schema];
  if (!isOpenApi(document)) yield [undefined, document];
}

function entriesAt(value: unknown, ...path: readonly string[]): readonly [string, unknown][] {
  let found = value;
  for (const name of path) found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  return isObject(found) ? Object.entries(found) : [];
}

function* eventsIn(name: string | undefined, schema: JsonSchema, source: Source): Iterable<ImportedSchema> {
  const resolved = resolve(schema, source);
  const choices = [resolved.oneOf ?? resolved.anyOf].flat().filter(isObject);
  for (const choice of choices) yield* eventsIn(undefined, choice, source);
  const fields = fieldsOf(resolved, source);
  const data = fields.get('data');
  const type = constantOf(fields.get('type'), source) ?? (choices.length === 0 ? name : undefined);
  if (type === undefined) return;
  if (data) yield { type, schema: data };
  else if (name !== undefined) yield { type: name, schema };
}

/** The fields of an object, also of one that is put together with `allOf`. */
function fieldsOf(schema: JsonSchema, source: Source): ReadonlyMap<string, JsonSchema> {
  const parts = Array.isArray(schema.allOf) ? schema.allOf.filter(isObject) : [];
  const inherited = parts.flatMap((part) => [...fieldsOf(resolve(part, source), source)]);
  return new Map([...inherited, ...Object.entries(schema.properties ?? {})]);
}

function constantOf(schema: JsonSchema | undefined, source: Source): string | undefined {
  const { const: constant, enum: choices } = schema ? resolve(schema, source) : {};
  const found = constant ?? (Array.isArray(choices) && choices.length === 1 ? choices[0] : undefined);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

const MAX_STEPS = 100;

function resolve(schema: JsonSchema, source: Source): JsonSchema {
  let found: unknown = schema;
  for (let step = 0; isObject(found) && typeof found.$ref === 'string'; step++) {
    if (step === MAX_STEPS) {
      throw usageError(
        `${source.name} has the reference "${shown(found.$ref)}", which leads back to itself.`,
      );
    }
    found = lookUp(found.$ref, source);
  }
  return isObject(found) ? found : {};
}

function lookUp(reference: string, { name, document }: Source): unknown {
  if (reference !== '#' && !reference.startsWith('#/')) {
    throw usageError(
      `${name} refers to another document: "${shown(reference)}".`,
      'Other documents are not read. Put everything into one file first.',
    );
  }
  let found: unknown = document;
  for (const each of reference.split('/').slice(1)) {
    const key = unescapeName(each);
    const isThere = typeof found === 'object' && found !== null && Object.hasOwn(found, key);
    found = isThere ? (found as Document)[key] : undefined;
  }
  if (found === undefined) throw usageError(`${name} refers to "${shown(reference)}", which is not in it.`);
  return found;
}

function unescapeName(name: string): string {
  let decoded = name;
  try {
    decoded = decodeURIComponent(name);
  } catch {
    // A "%" that starts no escape stands for itself.
  }
  return decoded.replaceAll('~1', '/').replaceAll('~0', '~');
}

function shown(reference: string): string {
  return reference.slice(0, 200);
}

/** Makes a schema that stands alone: what it refers to moves into its `$defs`. */
function complete(schema: JsonSchema, source: Source): JsonSchema {
  const defs = new Map<string, JsonSchema>();
  const names = new Map<string, string>();
  const move = (each: JsonSchema): JsonSchema =>
    mapSchemas(toJsonSchema(withoutDefinitions(each)), (inner) => {
      const { $ref } = inner;
      if (typeof $ref !== 'string') return inner;
      const known = names.get($ref);
      if (known !== undefined) return { ...inner, $ref: `#/$defs/${known}` };
      const base = ($ref.split('/').at(-1) ?? '').replace(/\W+/g, '_');
      const name = defs.has(base) ? `${base}_${defs.size}` : base;
      names.set($ref, name);
      defs.set(name, {}); // It may refer to itself.
      defs.set(name, move(resolve({ $ref }, source)));
      return { ...inner, $ref: `#/$defs/${name}` };
    });
  // The root is no reference, so that every command can add to its fields.
  const { title: _, ...root } = resolve(schema, source);
  const moved = move(root);
  return defs.size === 0 ? moved : { ...moved, $defs: toObject(defs) };
}

/** What they define moves if something refers to it. */
function withoutDefinitions({ $defs: _, definitions: __, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

/** What could be code or somebody's data, and what would give a schema another base for its references. */
const REMOVED = new Set([
  'example',
  'examples',
  'default',
  'tsType',
  'tsEnumNames',
  '$id',
  'id',
  '$schema',
  '$anchor',
]);

/** Turns what OpenAPI 3.0 and older drafts say in another way into JSON Schema. */
function toJsonSchema(schema: JsonSchema): JsonSchema {
  return mapSchemas(schema, (each) => {
    const entries = Object.entries(each).filter(
      // There, "exclusiveMinimum": true says something about the minimum.
      ([keyword, value]) =>
        !REMOVED.has(keyword) && !(keyword.startsWith('exclusive') && typeof value === 'boolean'),
    );
    const { nullable, items, additionalItems, ...rest } = toObject(entries) as JsonSchema;
    const lists = Array.isArray(items)
      ? { prefixItems: items, ...(isObject(additionalItems) && { items: additionalItems }) }
      : items !== undefined && { items };
    const found: JsonSchema = { ...rest, ...lists };
    return nullable === true ? orNull(found) : found;
  });
}

function orNull(schema: JsonSchema): JsonSchema {
  const types = typesOf(schema);
  if (!types) return { anyOf: [schema, { type: 'null' }] };
  const type = [...new Set<TypeName>([...types, 'null'])];
  return {
    ...schema,
    type,
    ...(Array.isArray(schema.enum) && { enum: [...new Set([...schema.enum, null])] }),
  };
}
