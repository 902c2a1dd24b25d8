import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { UserConfig } from 'tsdown';

interface Target {
  readonly '@showpad-webhooks/source': string;
  readonly import: string;
}

/** The source file of each entry point that a package's package.json exports, by the name of the built file. */
function entriesOf(folder: string): Record<string, string> {
  const { exports = {} } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as {
    exports?: Record<string, Target | string>;
  };
  const targets = Object.values(exports).filter((target) => typeof target === 'object');
  return Object.fromEntries(
    targets.map((target) => [
      target.import.replace('./dist/', '').replace('.mjs', ''),
      target['@showpad-webhooks/source'],
    ]),
  );
}

interface ModuleGraph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/** The modules that an entry point loads: itself, those that it imports, those that they import, and so on. */
function loadedBy(id: string, graph: ModuleGraph, found: Set<string> = new Set()): ReadonlySet<string> {
  if (found.has(id)) return found;
  found.add(id);
  for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) loadedBy(imported, graph, found);
  return found;
}

function configOf(folder: string): UserConfig {
  const entry = entriesOf(folder);
  const main = resolve(folder, entry.index ?? '');
  return {
    workspace: folder,
    entry,
    format: ['esm', 'cjs'],
    platform: 'node',
    target: 'node20.19',
    dts: { oxc: true },
    outputOptions: {
      comments: { legal: true, annotation: true, jsdoc: false },
      // What the main entry point shares with others is in one file, because every file makes an import slower.
      // Dynamic imports stay out of it, so that they load only if they are needed.
      codeSplitting: {
        groups: [
          { name: (id, graph) => (loadedBy(main, graph).has(id) ? 'shared' : null), minShareCount: 2 },
        ],
      },
    },
    fixedExtension: true,
    hash: false,
    publint: { strict: true },
    attw: { profile: 'strict', level: 'error' },
  };
}

/** What is private is built into the packages that use it. */
function isPublic(folder: string): boolean {
  if (!existsSync(`${folder}/package.json`)) return false;
  return !JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).private;
}

const configs: UserConfig[] = readdirSync('packages')
  .map((name) => `packages/${name}`)
  .filter(isPublic)
  .map(configOf);

export default configs;
