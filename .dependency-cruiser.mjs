// The rule for imports that `npm test` checks: which file may import which.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const ADAPTERS = 'aws-lambda|express|fastify|fetch|koa|nestjs';

/** The folders of core, in order: a folder imports only itself and the lines above it. */
const LAYERS = [
  ['shared'],
  ['signature', 'events'],
  ['delivery'],
  ['handlers'],
  ['reporting'],
  ['once'],
  ['inbox'],
];
/** They may import every layer and the files at the root of core, but not each other. */
const ENTRY_POINTS = ['node', 'backfill', 'explain', 'operations', 'ordering', 'store', 'testing', 'watch'];
const ROOT_FILES = '(index|options|receiver|create-receiver|pipeline)\\.ts$';

const CORE = '^packages/core/src/';
const foldersOf = (names) => `${CORE}(${names.join('|')})/`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    rule(
      'no-cycles',
      'Files that import each other, even if only types, cannot be understood one at a time.',
      { path: '^packages/[^/]+/src/' },
      { circular: true },
    ),
    rule(
      'resolvable',
      'No other rule can judge an import that leads nowhere.',
      { path: '^packages/' },
      { couldNotResolve: true, path: '^(\\.|@showpad-webhooks/)' },
    ),
    rule(
      'packages-by-name',
      'A package imports another package by its name, because only what that one exports is public.',
      { path: '^packages/([^/]+)/' },
      { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    ),
    rule(
      'adapters-apart',
      'An app installs one adapter. What two adapters share belongs in core.',
      { path: `^packages/(${ADAPTERS})/src/` },
      { path: `^packages/(${ADAPTERS})/`, pathNot: '^packages/$1/' },
    ),
    rule(
      'index-is-public',
      'An index.ts is a public entry point, so the exports in its package.json must name it.',
      { path: '^packages/[^/]+/src.*/index\\.ts$', pathNot: publicEntryPoints() },
      {},
    ),
    rule(
      'index-is-for-users',
      'An index.ts is for users of the package. The package itself imports the file that it needs.',
      { path: '^packages/([^/]+)/src/' },
      { path: '^packages/$1/src.*/index\\.ts$' },
    ),
    rule(
      'core-depends-on-nothing',
      'core has no dependency. Only its test kit may import fast-check, which is an optional peer.',
      { path: CORE },
      { pathNot: [CORE, '/fast-check/'], dependencyTypesNot: ['core'], couldNotResolve: false },
    ),
    rule(
      'core-fast-check',
      'Only the test kit of core may import fast-check.',
      { path: CORE, pathNot: foldersOf(['testing']) },
      { path: '/fast-check/' },
    ),
    rule(
      'core-folders',
      'Every folder of core, and every file at its root, has a place in .dependency-cruiser.mjs.',
      { path: CORE, pathNot: [foldersOf([...LAYERS.flat(), ...ENTRY_POINTS]), CORE + ROOT_FILES] },
      {},
    ),
    ...LAYERS.flatMap((layer, index) =>
      layer.map((folder) =>
        mayImport(folder, [
          folder,
          ...LAYERS.slice(0, index).flat(),
          ...(folder === 'reporting' ? ['explain'] : []),
        ]),
      ),
    ),
    ...ENTRY_POINTS.map((folder) => mayImport(folder, [folder, ...LAYERS.flat()], [CORE + ROOT_FILES])),
    rule(
      'core-explain-alone',
      'What explains a mismatch is loaded when it is needed. If it led back to the receiver, a bundler that puts an app into ' +
        'one file might not know how to begin the circle.',
      { path: foldersOf(['explain']), pathNot: 'explain/(explain-mismatch|index)\\.ts$' },
      { path: CORE, pathNot: foldersOf(['explain']), dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'core-root',
      'The entry points build on the receiver, so the receiver cannot import them.',
      { path: CORE + ROOT_FILES },
      { path: foldersOf(ENTRY_POINTS) },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules|/dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@showpad-webhooks/source', 'import', 'node'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};

function rule(name, comment, from, to) {
  return { name, comment, severity: 'error', from, to };
}

function mayImport(folder, folders, files = []) {
  return rule(
    `core-${folder}`,
    `${folder}/ may import ${folders.join(', ')}${files.length > 0 ? ' and the files at the root' : ''}, and nothing else of core.`,
    { path: foldersOf([folder]) },
    { path: CORE, pathNot: [foldersOf(folders), ...files] },
  );
}

/** The source files that the packages here export. */
function publicEntryPoints() {
  const folders = readdirSync('packages').map((name) => `packages/${name}`);
  return folders
    .filter((folder) => existsSync(`${folder}/package.json`))
    .flatMap((folder) => {
      const { exports = {} } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
      const sources = Object.values(exports).map((target) => target['@showpad-webhooks/source']);
      return sources.filter(Boolean).map((source) => `^${folder}/${source.replace('./', '')}$`);
    });
}
