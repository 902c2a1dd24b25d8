import parser from '@typescript-eslint/parser';
import redos from 'eslint-plugin-redos';
import regexp from 'eslint-plugin-regexp';

// Biome lints everything else, but it has no rule for this: a regular expression over input must take linear time,
// because otherwise a short text from a stranger can stop the process. Pass this file with --config: the starters in
// test/artifact have settings of their own.
export default [
  {
    ignores: [
      '**/{dist,reports,.app-*,.generated*,.next,.stryker-tmp,.svelte-kit}/**',
      'docs/{api,.vitepress/cache}/**',
      'examples/*/build/**',
    ],
  },
  {
    files: ['**/*.{js,mjs,cjs,ts,mts,cts,tsx}'],
    languageOptions: { parser },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { redos, regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential' }],
    },
  },
  {
    // This rule also finds what the fast ones miss, such as /<title[^>]*>/. It takes seconds for a large expression, so
    // it looks only at code that strangers can reach.
    files: ['packages/*/{src,admin}/**', 'examples/*/**'],
    ignores: ['**/*.test.ts'],
    rules: { 'redos/no-vulnerable': ['error', { ignoreErrors: false, timeout: 60_000, cache: false }] },
  },
];
