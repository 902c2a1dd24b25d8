import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { yamlParse } from 'yaml-cfn';

export type Json = Readonly<Record<string, unknown>>;

interface Resource {
  readonly Type: string;
  readonly Properties: Json;
}

export interface Template {
  readonly Mappings: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly Resources: Readonly<Record<string, Resource>>;
}

const PATH = fileURLToPath(new URL('../template.yaml', import.meta.url));

/** `template.yaml`. The short tags of CloudFormation are written out: `!Ref x` is `{ Ref: x }`. */
export const TEMPLATE: Template = yamlParse(readFileSync(PATH, 'utf8'));

/** The properties of a resource, with the values of mappings in place. */
export function propertiesOf(name: string): Json {
  const { Properties } = TEMPLATE.Resources[name] ?? {};
  if (!Properties) throw new Error(`The template has no resource ${name}.`);
  return resolveMappings(Properties) as Json;
}

function resolveMappings(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolveMappings);
  if (typeof value !== 'object' || value === null) return value;
  const place = (value as { 'Fn::FindInMap'?: readonly [string, string, string] })['Fn::FindInMap'];
  if (place) return TEMPLATE.Mappings[place[0]]?.[place[1]]?.[place[2]];
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolveMappings(each)]));
}
