import { execFile } from 'node:child_process';
import { cpSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Repository } from './repository.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** On GitHub Actions, the workflow finds these in its environment. */
const ACTIONS = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'owner/name' };
export const REPOSITORY: string = `${ACTIONS.GITHUB_SERVER_URL}/${ACTIONS.GITHUB_REPOSITORY}`;

/** Adds what packages are packed from, and the tools that do it. */
export function addBuilds({ folder }: Repository): void {
  for (const path of ['.gitignore', 'pnpm-lock.yaml', 'scripts']) {
    cpSync(ROOT + path, join(folder, path), { recursive: true });
  }
  // The links of pnpm are relative, so those between packages lead to the copies.
  symlinkSync(`${ROOT}node_modules`, join(folder, 'node_modules'));
  const isCopied = (path: string): boolean => !/\/(?:src|test)$/.test(path);
  for (const name of readdirSync(join(folder, 'packages'))) {
    const [from, to] = [ROOT, folder].map((root) => join(root, 'packages', name)) as [string, string];
    for (const child of readdirSync(from).filter((path) => path !== 'package.json')) {
      const options = { recursive: true, verbatimSymlinks: true, filter: isCopied };
      cpSync(join(from, child), join(to, child), options);
    }
  }
}

/** Publishes every version that the registry does not have, with the command of the release workflow. */
export async function publish({ folder }: Repository, registry: string): Promise<string> {
  const settings = join(folder, '.git', 'npmrc'); // outside of what is committed
  writeFileSync(settings, `registry=${registry}\n${registry.replace(/^\w+:/, '')}:_authToken=anybody\n`);
  const { NODE_OPTIONS: _, VITEST: __, ...inherited } = process.env;
  const env = { ...inherited, ...ACTIONS, npm_config_registry: registry, npm_config_userconfig: settings };
  const { stdout } = await promisify(execFile)('node', ['scripts/publish.mjs'], { cwd: folder, env });
  return stdout;
}
