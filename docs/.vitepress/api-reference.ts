import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Application, type DeclarationReflection, ReflectionKind, type TypeDocOptions } from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';
import { DOCS, ROOT } from './paths.ts';
import { packageNames } from './repository.ts';

const SOURCE_CONDITION = '@showpad-webhooks/source';

/**
 * Writes a page for each module that users can import, from its types and comments.
 *
 * @throws Error if a comment links to something that does not exist.
 */
export async function writeApiReference(): Promise<void> {
  const modules = importableModules();
  const options: TypeDocOptions & PluginOptions = {
    plugin: ['typedoc-plugin-markdown'],
    name: 'API reference',
    entryPoints: [...modules.keys()].map((folder) => `${ROOT}packages/${folder}/index.ts`),
    tsconfig: `${ROOT}tsconfig.json`,
    skipErrorChecking: true, // `npm test` checks all types with tsc.
    readme: 'none',
    excludeReferences: true, // Adapters re-export all of core, which has pages of its own.
    excludeExternals: true, // Otherwise each error class would list the members of Error.
    groupOrder: ['Functions', '*'],
    disableSources: true,
    validation: { invalidLink: true, notExported: false },
    treatValidationWarningsAsErrors: true,
    logLevel: 'Warn',
    outputs: [{ name: 'markdown', path: `${DOCS}api` }],
    outputFileStrategy: 'modules',
    entryFileName: 'index',
    excludeScopesInPaths: true,
    flattenOutputFiles: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useHTMLAnchors: true, // typedoc and VitePress number repeated headings in different ways.
    anchorPrefix: 'api-',
    useCodeBlocks: true,
    interfacePropertiesFormat: 'table',
    typeAliasPropertiesFormat: 'table',
    parametersFormat: 'table',
    propertyMembersFormat: 'table',
    expandObjects: true,
  };
  const app = await Application.bootstrapWithPlugins(options);
  const project = await app.convert();
  if (!project) throw new Error('typedoc could not read the sources. Its errors are printed above.');
  for (const module of project.getReflectionsByKind(ReflectionKind.Module) as DeclarationReflection[]) {
    module.name = modules.get(module.name) ?? module.name;
    // A module that only re-exports would be an empty page.
    if (!module.children) project.removeReflection(module);
  }
  // typedoc calls a destructured parameter `__namedParameters`.
  for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
    if (parameter.name === '__namedParameters') parameter.name = 'options';
  }
  app.validate(project);
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) {
    throw new Error('typedoc reported problems. They are printed above.');
  }
}

/**
 * Maps the folder of each module's source, which is typedoc's name for it, to the name that users import. Core comes first,
 * because what several modules export is on the page of the first one.
 */
function importableModules(): Map<string, string> {
  const modules = new Map<string, string>();
  for (const folder of packageNames()) {
    const { name, exports } = JSON.parse(readFileSync(`${ROOT}packages/${folder}/package.json`, 'utf8'));
    for (const [path, conditions] of Object.entries<Record<string, string>>(exports)) {
      const source = conditions[SOURCE_CONDITION];
      if (source) modules.set(dirname(`${folder}/${source.slice(2)}`), name + path.slice(1));
    }
  }
  return modules;
}
