// scripts/mutation.mjs, which is `pnpm mutation`, runs Stryker with this.

export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { related: false },
  coverageAnalysis: 'perTest',
  mutate: ['packages/core/src/**/*.ts'],
  // Stryker mutates a copy of these files. Without the tests of other packages, only those of core run.
  ignorePatterns: [
    '*',
    '!/*.{json,ts}',
    '!packages/core/package.json',
    '!packages/core/{src,test}/**',
    '!test/conformance/src/vectors.json',
    '!test/patience.ts',
  ],
  // A run that takes too long counts as a change that was noticed. On a busy machine it may just be slow.
  timeoutMS: 60_000,
  timeoutFactor: 6,
  concurrency: 2,
  reporters: ['progress', 'clear-text', 'html'],
  clearTextReporter: { reportTests: false, skipFull: true },
  htmlReporter: { fileName: 'reports/mutation/index.html' },
  thresholds: { high: 98, low: 95, break: 95 },
};
