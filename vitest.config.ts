import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Packages resolve to their sources, so that tests need no build.
const conditions = ['@showpad-webhooks/source', 'node'];

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/*/**/*.test.ts', 'examples/*/**/*.test.ts'],
    coverage: {
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: 'reports/coverage',
    },
  },
});

export default config;
