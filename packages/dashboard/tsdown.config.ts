import { fileURLToPath } from 'node:url';
import type { UserConfig } from 'tsdown';
import { build } from 'vite';

const configFile = fileURLToPath(new URL('page/vite.config.ts', import.meta.url));

// Merged into the root config. Each build empties the folder first, so the page is built after it.
const config: UserConfig = {
  hooks: {
    'build:done': async ({ options }) => {
      if (options.format === 'es') await build({ configFile });
    },
  },
};

export default config;
