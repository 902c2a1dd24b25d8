/** A JSON Schema, as far as the catalogue works with it. Keywords that it does not know stay as they are. */
export interface JsonSchema {
  readonly type?: TypeName | readonly TypeName[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  /** Values of an enum-like field. More values may come, so they are examples and no `enum`. */
  readonly examples?: readonly unknown[];
  readonly [keyword: string]: unknown;
}

export type TypeName = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'object' | 'array';

/** The types that a schema names, or undefined if it allows every type. */
export function typesOf({ type }: JsonSchema): readonly TypeName[] | undefined {
  return type === undefined ? undefined : ([type].flat() as TypeName[]);
}

/** Keywords that say more than which types and fields there are. A schema with one of them is only ever taken as a whole. */
const COMPOSED = [
  '$ref',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'enum',
  'const',
  'patternProperties',
  'prefixItems',
];

export function isComposed(schema: JsonSchema): boolean {
  return COMPOSED.some((keyword) => Object.hasOwn(schema, keyword));
}

/** Whether a value of JSON is an object, and no array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a document says that it is JSON Schema or OpenAPI. */
export function isSchemaDocument(document: Readonly<Record<string, unknown>>): boolean {
  return '$schema' in document || isOpenApi(document);
}

export function isOpenApi(document: Readonly<Record<string, unknown>>): boolean {
  return 'openapi' in document || 'swagger' in document;
}

/** The name of a value's type in JSON Schema. */
export function typeOf(value: unknown): TypeName {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as 'boolean' | 'string' | 'object';
}

/** Makes an object of entries, whatever their names are: a field named `__proto__` becomes a field. */
export function toObject<Value>(
  entries: Iterable<readonly [string, Value]>,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(entries);
}

/** Changes each schema inside a schema, the inner ones first. */
export function mapSchemas(schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const inner = (value: unknown): unknown =>
    isObject(value) ? mapSchemas(value as JsonSchema, change) : value;
  const changed = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (MAPS_OF_SCHEMAS.has(keyword) && isObject(value)) {
      return [keyword, toObject(Object.entries(value).map(([name, each]) => [name, inner(each)]))];
    }
    const isSchema = SCHEMAS.has(keyword);
    // "items" was a list in older drafts.
    if ((isSchema || LISTS_OF_SCHEMAS.has(keyword)) && Array.isArray(value))
      return [keyword, value.map(inner)];
    return [keyword, isSchema ? inner(value) : value];
  });
  return change(toObject(changed) as JsonSchema);
}

const MAPS_OF_SCHEMAS = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);
const LISTS_OF_SCHEMAS = new Set(['anyOf', 'allOf', 'oneOf', 'prefixItems']);
const SCHEMAS = new Set([
  'items',
  'additionalProperties',
  'additionalItems',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
]);
