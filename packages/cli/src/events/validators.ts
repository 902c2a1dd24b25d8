import type { ValidateFunction } from 'ajv';
import type { Ajv2020 } from 'ajv/dist/2020.js';
import { CliError } from '../cli-error.ts';
import { withoutOnlyNull } from './infer.ts';
import { type JsonSchema, mapSchemas, toObject } from './json-schema.ts';

/**
 * Only the shape is checked: which fields there are, and of which types. A text of another form, or a number that is larger
 * than before, must not cost an event.
 */
const LEFT_OUT = new Set([
  'format',
  'pattern',
  'patternProperties',
  'uniqueItems',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'title',
  'description',
  'examples',
]);

export interface Validators {
  readonly code: string;
  /** The name of each function, by the event type. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Writes a function for each schema that validates data, as JavaScript that needs no library.
 */
export async function writeValidators(schemas: ReadonlyMap<string, JsonSchema>): Promise<Validators> {
  const ajv = await createAjv({ source: true, esm: true });
  const names = new Map<string, string>();
  for (const [type, schema] of schemas) {
    const name = `validate${names.size + 1}`;
    names.set(type, name);
    compileSchema(ajv, type, { ...shapeOf(withoutOnlyNull(schema)), $id: name });
  }
  const functions = toObject([...names.values()].map((name) => [name, name]));
  const { default: standalone } = await import('ajv/dist/standalone/index.js');
  const code = names.size === 0 ? '' : standalone.default(ajv, functions);
  if (code.includes('require("ajv')) {
    throw new CliError(
      'A schema of the catalogue uses a keyword that needs a library, so no validator can be generated.',
    );
  }
  return { code: code.replace(/^"use strict";/, '').replaceAll('export const ', 'const '), names };
}

/** Keywords that it does not know are no errors, and a field named like a method of every object is only a field. */
export async function createAjv(
  code: { readonly source?: boolean; readonly esm?: boolean } = {},
): Promise<Ajv2020> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const options = {
    allErrors: true,
    strict: false,
    validateFormats: false,
    ownProperties: true,
    // A loop over many values would need code of Ajv.
    loopEnum: Number.POSITIVE_INFINITY,
  };
  return new Ajv2020({ ...options, logger: false, code });
}

/** @throws CliError that names the event type, if the schema is no JSON Schema */
export function compileSchema(ajv: Ajv2020, type: string, schema: JsonSchema): ValidateFunction {
  try {
    return ajv.compile(schema);
  } catch (error) {
    // The first of its messages is enough to find the place.
    const [problem] = (error as Error).message.split(', ');
    throw new CliError(
      `The schema of "${type}" cannot be used: ${problem}.`,
      'Correct it, and run the command again.',
    );
  }
}

/** Leaves out what is not checked: also `false`, which forbids fields, because new fields are welcome. */
export function shapeOf(schema: JsonSchema): JsonSchema {
  return mapSchemas(schema, (each) => {
    const kept = Object.entries(each).filter(
      ([keyword, value]) =>
        !LEFT_OUT.has(keyword) &&
        (value !== false || keyword === 'const') &&
        !isChoiceOfObjects(keyword, value),
    );
    return toObject(kept) as JsonSchema;
  });
}

/** To compare objects, a validator would need code of Ajv. */
function isChoiceOfObjects(keyword: string, value: unknown): boolean {
  const values = keyword === 'enum' ? value : keyword === 'const' ? [value] : [];
  return Array.isArray(values) && values.some((each) => typeof each === 'object' && each !== null);
}
