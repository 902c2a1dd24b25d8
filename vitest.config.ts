import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config';

// Packages resolve to their sources, so that tests need no build.
const conditions = ['@showpad-webhooks/source', 'node'];

/** The NestJS tests once more, on another major: its copy of Nest takes the place of the package's own. */
function onNest(major: number): TestProjectInlineConfiguration {
  const folder = fileURLToPath(new URL(`test/nestjs-${major}/node_modules/`, import.meta.url));
  return {
    extends: true,
    resolve: {
      alias: [{ find: /^(@nestjs\/[^/]+|rxjs|reflect-metadata)(?=\/|$)/, replacement: `${folder}$1` }],
    },
    test: {
      name: `nestjs-${major}`,
      env: { NEST_MAJOR: `${major}` },
      include: ['packages/nestjs/test/**/*.test.ts'],
    },
  };
}

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Tests bring about every error, and few listen.
    execArgv: ['--disable-warning=ShowpadWebhooksWarning'],
    // A test that depends on the order of tests fails sooner or later. The first lines of the output name the seed.
    // Stryker compares runs, so it needs the same order each time.
    sequence: { shuffle: !process.env.STRYKER_MUTATOR_WORKER },
    coverage: {
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: 'reports/coverage',
      thresholds: { 'packages/core/src/**': { lines: 98, branches: 98 } },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['packages/*/test/**/*.test.ts', 'test/*/**/*.test.ts', 'examples/*/**/*.test.ts'],
        },
      },
      onNest(10),
      onNest(11),
    ],
  },
});

export default config;
