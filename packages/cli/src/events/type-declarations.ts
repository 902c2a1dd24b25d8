import { CliError } from '../cli-error.ts';
import { isEnumLike } from './field-names.ts';
import { withoutOnlyNull } from './infer.ts';
import { type JsonSchema, mapSchemas, toObject, typesOf } from './json-schema.ts';

/** The interface that has a property for each event type. */
export const EVENTS_INTERFACE = 'CatalogueEvents';

const OPTIONS = {
  additionalProperties: false,
  bannerComment: '',
  declareExternallyReferenced: true,
  format: true,
  ignoreMinAndMaxItems: true,
  strictIndexSignatures: false,
  unknownAny: true,
  style: { singleQuote: true, printWidth: 110 },
  // A schema must not make the command read other files, or the network.
  $refOptions: { resolve: { file: false, http: false } },
} as const;

/** Writes an interface for the `data` of each event, and one that has them all by event type. */
export async function writeDeclarations(schemas: ReadonlyMap<string, JsonSchema>): Promise<string> {
  const definitions: [string, JsonSchema][] = [];
  const properties: [string, JsonSchema][] = [];
  const names = new Set<string>();
  for (const [type, schema] of schemas) {
    const name = nameOf(type, names);
    definitions.push([name, shown({ ...schema, title: name }, name)]);
    properties.push([type, { $ref: `#/definitions/${name}` }]);
  }
  const root = {
    type: 'object',
    properties: toObject(properties),
    required: [...schemas.keys()],
    definitions: toObject(definitions),
  };
  const { compile } = await import('json-schema-to-typescript');
  try {
    return restoreNames(await compile(root as never, EVENTS_INTERFACE, OPTIONS));
  } catch (error) {
    // The rest of the message may be a whole schema.
    const [problem] = (error as Error).message.split('\n');
    throw new CliError('No types can be made of the schemas in the catalogue.', problem);
  }
}

/** `content-shared` becomes `ContentSharedData`. Two types may give the same name. */
function nameOf(type: string, taken: Set<string>): string {
  const words = type.split(/[^A-Za-z\d]+/).filter((word) => word !== '');
  const name = words.map((word) => `${word[0]?.toUpperCase()}${casedRest(word)}`).join('');
  const base = `${/^[A-Z]/.test(name) ? '' : 'Event'}${name}Data`;
  let found = base;
  for (let number = 2; taken.has(found); number++) found = `${base}${number}`;
  taken.add(found);
  return found;
}

function casedRest(word: string): string {
  const rest = word.slice(1);
  return word === word.toUpperCase() ? rest.toLowerCase() : rest;
}

/** json-schema-to-typescript fails if a field has the name of a method of every object, so such a field gets another one. */
const METHODS = new Set(Object.getOwnPropertyNames(Object.prototype));
const MARK = 'showpad_field_';

function shown(schema: JsonSchema, interfaceName: string): JsonSchema {
  return mapSchemas(withoutOnlyNull(schema), (each) => {
    const { $ref, properties, required, tsType: _, tsEnumNames: __, ...rest } = each;
    const mark = (name: string) => (METHODS.has(name) ? `${MARK}${name}` : name);
    return {
      ...rest,
      // Every schema becomes a definition of one document.
      ...(typeof $ref === 'string' && { $ref: $ref.replace(/^#/, `#/definitions/${interfaceName}`) }),
      ...(properties && {
        properties: toObject(
          Object.entries(properties).map(([name, field]) => [mark(name), withChoices(field, name)]),
        ),
      }),
      ...(required && { required: required.map(mark) }),
    };
  });
}

function restoreNames(text: string): string {
  return text.replaceAll(MARK, '');
}

/** An editor offers the values of an enum-like field, and any other text fits too. */
function withChoices(field: JsonSchema, name: string): JsonSchema {
  const types = typesOf(field);
  const { examples = [] } = field;
  const isText = types?.includes('string') && types.every((type) => type === 'string' || type === 'null');
  const isChoice = examples.every((value) => typeof value === 'string' && isEnumLike(name, value));
  if (!isText || examples.length === 0 || !isChoice) return field;
  const choices = [...examples.map((value) => JSON.stringify(value)), '(string & {})'];
  return { ...field, tsType: [...choices, ...(types?.includes('null') ? ['null'] : [])].join(' | ') };
}
