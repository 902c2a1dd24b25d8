import { usageError } from '../cli-error.ts';
import { isObject, type JsonSchema, mapSchemas, type TypeName, toObject, typesOf } from './json-schema.ts';

/** An event type and the schema of its `data`. */
export interface ImportedSchema {
  readonly type: string;
  readonly schema: JsonSchema;
}

type Document = Readonly<Record<string, unknown>>;

/**
 * Reads JSON Schema or OpenAPI, as JSON or YAML. A schema of a whole event names its type as a `const`. In OpenAPI, the name
 * of a webhook is its type too. A schema of `data` alone needs a type from outside.
 *
 * @throws CliError that never quotes the text
 */
export async function readSchemas(
  text: string,
  name: string,
  type: string | undefined,
): Promise<readonly ImportedSchema[]> {
  const document = await parseDocument(text, name);
  const found = new Map<string, JsonSchema>();
  for (const [named, schema] of candidates(document)) {
    for (const each of eventsIn(named, schema, document))
      if (!found.has(each.type)) found.set(each.type, each.schema);
  }
  if (found.size === 0 && type !== undefined && !isOpenApi(document)) found.set(type, document as JsonSchema);
  if (found.size === 0) {
    const fix = isOpenApi(document)
      ? 'It has neither webhooks nor schemas of events.'
      : 'Pass the event type with --type.';
    throw usageError(`"${name}" does not say which event types it describes.`, fix);
  }
  return [...found].map(([eventType, schema]) => ({ type: eventType, schema: complete(schema, document) }));
}

async function parseDocument(text: string, name: string): Promise<Document> {
  const { parse } = await import('yaml');
  let document: unknown;
  try {
    // JSON is YAML too. An alias could make a small file huge.
    document = parse(text, { maxAliasCount: 100, prettyErrors: false, logLevel: 'error' });
  } catch {
    throw usageError(`"${name}" is neither JSON nor YAML.`);
  }
  if (!isObject(document)) throw usageError(`"${name}" is neither a JSON Schema nor an OpenAPI document.`);
  return document;
}

function isOpenApi(document: Document): boolean {
  return 'openapi' in document || 'swagger' in document;
}

/** Schemas that may be those of events. The name is the event type, if it is known from outside of the schema. */
function* candidates(document: Document): Iterable<readonly [string | undefined, JsonSchema]> {
  for (const [name, item] of entriesAt(document, 'webhooks')) {
    for (const operation of Object.values(Object(item))) {
      for (const [, media] of entriesAt(operation, 'requestBody', 'content')) {
        const { schema } = Object(media);
        if (isObject(schema)) yield [name, schema];
      }
    }
  }
  for (const path of [['components', 'schemas'], ['$defs'], ['definitions']]) {
    for (const [, schema] of entriesAt(document, ...path)) if (isObject(schema)) yield [undefined, schema];
  }
  if (!isOpenApi(document)) yield [undefined, document];
}

function entriesAt(value: unknown, ...path: readonly string[]): readonly [string, unknown][] {
  let found = value;
  for (const name of path) found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  return isObject(found) ? Object.entries(found) : [];
}

function* eventsIn(
  name: string | undefined,
  schema: JsonSchema,
  document: Document,
): Iterable<ImportedSchema> {
  const resolved = resolve(schema, document);
  const choices = [resolved.oneOf ?? resolved.anyOf].flat().filter(isObject);
  for (const choice of choices) yield* eventsIn(undefined, choice, document);
  const fields = fieldsOf(resolved, document);
  const data = fields.get('data');
  const type = constantOf(fields.get('type'), document) ?? (choices.length === 0 ? name : undefined);
  if (type === undefined) return;
  if (data) yield { type, schema: data };
  else if (name !== undefined) yield { type: name, schema };
}

/** The fields of an object, also of one that is put together with `allOf`. */
function fieldsOf(schema: JsonSchema, document: Document): ReadonlyMap<string, JsonSchema> {
  const parts = Array.isArray(schema.allOf) ? schema.allOf.filter(isObject) : [];
  const inherited = parts.flatMap((part) => [...fieldsOf(resolve(part, document), document)]);
  return new Map([...inherited, ...Object.entries(schema.properties ?? {})]);
}

function constantOf(schema: JsonSchema | undefined, document: Document): string | undefined {
  const { const: constant, enum: choices } = schema ? resolve(schema, document) : {};
  const found = constant ?? (Array.isArray(choices) && choices.length === 1 ? choices[0] : undefined);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

const MAX_STEPS = 100;

function resolve(schema: JsonSchema, document: Document): JsonSchema {
  let found: unknown = schema;
  for (let step = 0; isObject(found) && typeof found.$ref === 'string'; step++) {
    if (step === MAX_STEPS) throw usageError('A "$ref" of the document leads back to itself.');
    found = lookUp(found.$ref, document);
  }
  return isObject(found) ? found : {};
}

function lookUp(reference: string, document: Document): unknown {
  if (!reference.startsWith('#/')) {
    throw usageError('The document refers to another document.', 'Put everything into one file first.');
  }
  const names = reference.slice(2).split('/');
  let found: unknown = document;
  for (const name of names) {
    const key = decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~');
    found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  if (found === undefined) throw usageError('The document refers to a schema that is not in it.');
  return found;
}

/** Makes a schema that stands alone: what it refers to moves into its `$defs`. */
function complete(schema: JsonSchema, document: Document): JsonSchema {
  const defs = new Map<string, JsonSchema>();
  const names = new Map<string, string>();
  const move = (each: JsonSchema): JsonSchema =>
    mapSchemas(toJsonSchema(each), (inner) => {
      const { $ref } = inner;
      if (typeof $ref !== 'string') return inner;
      const known = names.get($ref);
      if (known !== undefined) return { ...inner, $ref: `#/$defs/${known}` };
      const base = ($ref.split('/').at(-1) ?? '').replace(/\W+/g, '_');
      const name = defs.has(base) ? `${base}_${defs.size}` : base;
      names.set($ref, name);
      defs.set(name, {}); // It may refer to itself.
      defs.set(name, move(resolve({ $ref }, document)));
      return { ...inner, $ref: `#/$defs/${name}` };
    });
  const { $defs: _, definitions: __, $schema: ___, $id: ____, title: _____, ...root } = schema;
  const moved = move(root);
  return defs.size === 0 ? moved : { ...moved, $defs: toObject(defs) };
}

/** Turns what only OpenAPI 3.0 has into JSON Schema, and leaves out what could be code or somebody's data. */
function toJsonSchema(schema: JsonSchema): JsonSchema {
  return mapSchemas(schema, (each) => {
    const {
      nullable,
      example: _,
      tsType: __,
      tsEnumNames: ___,
      examples: ____,
      default: _____,
      $id: ______,
      ...rest
    } = each;
    if (nullable !== true) return rest;
    const types = typesOf(rest);
    if (types) return { ...rest, type: [...new Set<TypeName>([...types, 'null'])] };
    return { anyOf: [rest, { type: 'null' }] };
  });
}
