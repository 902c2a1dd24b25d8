import { fileURLToPath } from 'node:url';
import type { UserConfig } from 'tsdown';
import { build } from 'vite';

const configFile = fileURLToPath(new URL('admin/vite.config.ts', import.meta.url));

// Merged into the root's. The Admin page lies in the folder that each build empties first.
const config: UserConfig = {
  hooks: {
    'build:done': async ({ options }) => {
      if (options.format === 'es') await build({ configFile });
    },
  },
};

export default config;
