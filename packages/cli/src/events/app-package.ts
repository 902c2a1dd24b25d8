import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { isObject } from './json-schema.ts';

/** The packages whose types an app can extend, those for a framework first. */
export const PACKAGES: readonly string[] = [
  'express',
  'koa',
  'nestjs',
  'fastify',
  'fetch',
  'aws-lambda',
  'core',
].map((name) => `@showpad-webhooks/${name}`);

/**
 * Finds the package that the app has installed, in its package.json. All of them extend the same map, so one is enough.
 *
 * @param root the folder of the package.json
 */
export async function findAppPackage(root: string): Promise<string> {
  const path = join(root, 'package.json');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const hint =
    'Run this in the folder of your app, or name the package with --package @showpad-webhooks/express.';
  if (text === undefined)
    throw new CliError(`There is no package.json in "${root}", so the types cannot be generated.`, hint);
  const names = new Set<string>();
  try {
    const manifest = JSON.parse(text);
    for (const field of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']) {
      if (isObject(manifest[field])) for (const name of Object.keys(manifest[field])) names.add(name);
    }
  } catch {
    throw new CliError(`"${path}" is not JSON, so the types cannot be generated.`, hint);
  }
  const found = PACKAGES.find((name) => names.has(name));
  if (!found)
    throw new CliError(
      `"${path}" names no package of showpad-webhooks, so the types cannot be generated.`,
      hint,
    );
  return found;
}

/**
 * Where the generated file goes. It is a part of the app's own source, so that the app's build compiles and ships it, and
 * so that no output folder changes its shape.
 */
export function generatedPath(root: string, folder: string): string {
  return existsSync(join(root, 'src')) ? join('src', 'showpad-events.ts') : join(folder, 'index.ts');
}
