import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Application, type DeclarationReflection, ReflectionKind, type TypeDocOptions } from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';
import { DOCS, ROOT } from './paths.ts';

const SOURCE_CONDITION = '@showpad-webhooks/source';

/**
 * Writes a page for each module that can be imported, from its types and their comments.
 *
 * @throws Error where a comment links to what is not there.
 */
export async function writeApiReference(): Promise<void> {
  const modules = importableModules();
  const options: TypeDocOptions & PluginOptions = {
    plugin: ['typedoc-plugin-markdown'],
    name: 'API reference',
    entryPoints: [...modules.keys()].map((folder) => `${ROOT}packages/${folder}/index.ts`),
    tsconfig: `${ROOT}tsconfig.json`,
    skipErrorChecking: true, // tsc does, for all code at once.
    readme: 'none',
    excludeReferences: true, // Adapters re-export all of core: it stands in core's pages alone.
    excludeExternals: true, // Such as what errors inherit of Error.
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
    useHTMLAnchors: true, // As typedoc counts like names of several things, and VitePress' headings do not.
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
  if (!project) throw new Error('typedoc could not read the sources.');
  for (const module of project.getReflectionsByKind(ReflectionKind.Module) as DeclarationReflection[]) {
    module.name = modules.get(module.name) ?? module.name;
    if (!module.children) project.removeReflection(module); // It only re-exports.
  }
  // What a function takes apart in its head has no name of its own.
  for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
    if (parameter.name === '__namedParameters') parameter.name = 'options';
  }
  app.validate(project);
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) {
    throw new Error('The API reference has errors: see above.');
  }
}

/** What users import, by the folder of its source in `packages/`, which is what typedoc calls it. */
function importableModules(): Map<string, string> {
  const modules = new Map<string, string>();
  for (const folder of readdirSync(`${ROOT}packages`)) {
    const { name, exports } = JSON.parse(readFileSync(`${ROOT}packages/${folder}/package.json`, 'utf8'));
    for (const [path, conditions] of Object.entries<Record<string, string>>(exports)) {
      const source = conditions[SOURCE_CONDITION];
      if (source) modules.set(dirname(`${folder}/${source.slice(2)}`), name + path.slice(1));
    }
  }
  return modules;
}
