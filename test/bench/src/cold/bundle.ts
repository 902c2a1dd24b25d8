import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/**
 * Bundles a program into one file, as for a deploy.
 *
 * @param conditions which of the exports of packages are taken, in addition to those that always are.
 */
export async function bundleProgram(name: string, conditions: readonly string[] = []): Promise<string> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url)),
    external: /^(?:node|cloudflare):/,
    platform: 'node',
    logLevel: 'silent',
    resolve: { conditionNames: [...conditions, 'import', 'default'] },
  });
  const { output } = await bundle.generate({
    format: 'esm',
    minify: true,
    codeSplitting: false,
    // Otherwise rolldown 1.0.0-rc.17 initializes modules too late if a dynamic import leads back to them. rolldown 1.2 does not.
    strictExecutionOrder: true,
  });
  await bundle.close();
  return output[0].code;
}
