import { rolldown } from 'rolldown';

/** Bundles a program with the sources of the packages into one file, as a Worker is built. */
export async function bundle(input: string): Promise<string> {
  const build = await rolldown({
    input,
    external: /^(?:node|cloudflare):/,
    platform: 'node',
    resolve: { conditionNames: ['@showpad-webhooks/source', 'import', 'default'] },
  });
  const { output } = await build.generate({ format: 'esm', codeSplitting: false });
  await build.close();
  return output[0].code;
}
