import { hash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  defaultExclude,
  defineConfig,
  type TestProjectInlineConfiguration,
  type ViteUserConfig,
} from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** With these conditions packages resolve to their sources, so tests need no build. */
const ON_SOURCES = resolveWith(['@showpad-webhooks/source', 'node']);
/** `npm test` builds the packages first. Most tests then run on the builds, which are what users get and load faster. */
const ON_BUILDS = process.env.IS_BUILT ? resolveWith(['node']) : ON_SOURCES;

function resolveWith(conditions: string[]) {
  return { resolve: { conditions }, ssr: { resolve: { conditions } } };
}

/** These tests must cover core. Only they measure what they cover, because that makes tests a sixth slower. */
const COVERING = [
  'packages/core/test/**/*.test.ts',
  'packages/sqlite/test/**/*.test.ts',
  'test/express/**/*.test.ts',
];

/** These tests install the packages from a registry. */
const PUBLISHED = 'test/artifact/**/*.test.ts';

/** These take the longest, because they install apps, or kill processes and servers again and again. */
const LONG = /\/test\/(artifact|events|release)\/|\/(kill|faults|failover-[a-z]+)\.test\.ts$/;

/** A random order, but the long files come first. Otherwise one of them may run alone at the end. */
class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { seed } = this.ctx.config.sequence;
    const place = ({ project, moduleId }: TestSpecification) =>
      (LONG.test(moduleId) ? 'a' : 'b') + hash('sha256', `${seed} ${project.name} ${moduleId}`);
    return files.toSorted((one, other) => (place(one) < place(other) ? -1 : 1));
  }
}

/** Runs the NestJS tests on another major version. An alias replaces the copy of Nest that the package would find. */
function onNest(major: number): TestProjectInlineConfiguration {
  const folder = fileURLToPath(new URL(`test/nestjs-${major}/node_modules/`, import.meta.url));
  return {
    extends: true,
    ssr: ON_BUILDS.ssr,
    resolve: {
      ...ON_BUILDS.resolve,
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
  test: {
    // Node loads the builds, and not Vitest.
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    // Many tests wait for servers and processes, so four keep two cores busy. Vitest itself would leave one core free.
    maxWorkers: 4,
    // Tests cause every error, and most have no error listener, so the receiver would warn all the time.
    execArgv: ['--disable-warning=ShowpadWebhooksWarning'],
    // Tests wait for what must happen, and on a busy machine that takes a while. These times only end what hangs.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    setupFiles: [fileURLToPath(new URL('test/patience.ts', import.meta.url))],
    // On Kubernetes a receiver without a ledger warns, and tests that count warnings may run there.
    env: { KUBERNETES_SERVICE_HOST: '' },
    // In a random order, tests that depend on each other fail sooner or later. The output begins with the seed.
    // Stryker compares runs, so it needs the same order each time.
    sequence: process.env.STRYKER_MUTATOR_WORKER ? {} : { shuffle: true, sequencer: LongFilesFirst },
    coverage: {
      include: ['packages/core/src/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: 'reports/coverage',
      thresholds: { lines: 98, branches: 98 },
    },
    projects: [
      { extends: true, ...ON_SOURCES, test: { name: 'core', include: COVERING } },
      {
        extends: true,
        ...ON_BUILDS,
        test: {
          name: 'all',
          include: ['packages/*/test/**/*.test.ts', 'test/*/**/*.test.ts', 'examples/*/**/*.test.ts'],
          exclude: [...defaultExclude, ...COVERING, PUBLISHED],
        },
      },
      {
        extends: true,
        ...ON_BUILDS,
        test: {
          name: 'published',
          include: [PUBLISHED],
          // It takes a while, but only if one of these files runs.
          globalSetup: ['test/artifact/registry/global-setup.ts'],
        },
      },
      onNest(10),
      onNest(11),
    ],
  },
});

export default config;
