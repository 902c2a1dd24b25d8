import type { Ajv2020 } from 'ajv/dist/2020.js';
import { CliError } from '../cli-error.ts';
import { withoutOnlyNull } from './infer.ts';
import { type JsonSchema, mapSchemas, toObject } from './json-schema.ts';

/** New fields are welcome, so "additionalProperties": false is left out too. Only the shape is checked: a text of another form must not cost an event, and these keywords would need code of Ajv. */
const LEFT_OUT = new Set([
  'format',
  'pattern',
  'patternProperties',
  'uniqueItems',
  'minLength',
  'maxLength',
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
    ajv.addSchema({ ...shapeOf(withoutOnlyNull(schema)), $id: name });
  }
  const functions = toObject([...names.values()].map((name) => [name, name]));
  const { default: standalone } = await import('ajv/dist/standalone/index.js');
  const code = compile(() => (names.size === 0 ? '' : standalone.default(ajv, functions)));
  if (code.includes('require(')) {
    throw new CliError(
      'A schema needs more than types, fields and lists, so no validator can be generated.',
      'Look for "enum" or "const" with objects or lists.',
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
    addUsedSchema: false,
  };
  return new Ajv2020({ ...options, logger: false, code });
}

/** @throws CliError if a schema is no JSON Schema. */
export function compile<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw new CliError(
      'A schema of the catalogue is not a JSON Schema that can be used.',
      (error as Error).message,
    );
  }
}

/** Leaves out what is not checked. */
export function shapeOf(schema: JsonSchema): JsonSchema {
  return mapSchemas(schema, (each) => {
    const kept = Object.entries(each).filter(
      ([keyword, value]) => !LEFT_OUT.has(keyword) && (value !== false || keyword === 'const'),
    );
    return toObject(kept) as JsonSchema;
  });
}
