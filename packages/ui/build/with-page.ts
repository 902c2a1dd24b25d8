import type { UserConfig } from 'tsdown';
import { build } from 'vite';

/**
 * The configuration of a package with a page. It is merged into the root config. Each build empties the folder first, so the page is
 * built after it.
 *
 * @param configFile the Vite configuration of the page
 */
export function withPage(configFile: string): UserConfig {
  return {
    hooks: {
      'build:done': async ({ options }) => {
        if (options.format === 'es') await build({ configFile });
      },
    },
  };
}
