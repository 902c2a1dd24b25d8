import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CliError } from '../cli-error.ts';

/**
 * Imports a package from the project of the user, or from where this command is installed. The stores are not dependencies of
 * the command, because each app needs only one of them.
 *
 * @param root the folder of the project
 */
export async function loadPackage(name: string, root: string): Promise<Readonly<Record<string, unknown>>> {
  for (const from of [join(root, 'package.json'), import.meta.url]) {
    let path: string;
    try {
      path = createRequire(from).resolve(name);
    } catch {
      continue;
    }
    return import(pathToFileURL(path).href);
  }
  throw new CliError(
    `This store needs the package ${name}, which is not installed here.`,
    `Run the command in the folder of your app, or install the package: npm install ${name}`,
  );
}
