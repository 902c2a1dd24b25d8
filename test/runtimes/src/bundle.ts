import { rolldown } from 'rolldown';

/** Bundles a program with the sources of the packages into one file, as a Worker is built. */
export async function bundle(
  input: string,
  { minify = false }: { readonly minify?: boolean } = {},
): Promise<string> {
  const build = await rolldown({
    input,
    external: /^(node|cloudflare):/,
    platform: 'node',
    resolve: { conditionNames: ['@showpad-webhooks/source', 'import', 'default'] },
  });
  const { output } = await build.generate({ format: 'esm', codeSplitting: false, minify });
  await build.close();
  return output[0].code;
}
