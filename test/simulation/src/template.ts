import { readFileSync } from 'node:fs';

const TEMPLATE = readFileSync(new URL('../../../packages/aws-lambda/template.yaml', import.meta.url), 'utf8');

/** A number of our template for AWS. */
export function settingOf(name: string): number {
  const value = new RegExp(`^ *${name}: (\\d+)$`, 'm').exec(TEMPLATE)?.[1];
  if (value === undefined) throw new Error(`template.yaml of aws-lambda has no setting "${name}".`);
  return Number(value);
}
