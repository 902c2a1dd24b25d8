import { readFileSync } from 'node:fs';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';
import { ROOT } from './snippets.ts';

const FENCE = /^```(?:ts|typescript|javascript)\n(?<code>[\s\S]*?)^```$/gm;
const FILE_NAME = /^\/\/ .*\n/;

const examples = globSync(['examples/*/**/*.{ts,js}'], {
  cwd: ROOT,
  ignore: ['**/{node_modules,build,dist}/**'],
});
const sources = examples.map((path) => readFileSync(ROOT + path, 'utf8'));

const page = readFileSync(`${ROOT}docs/frameworks.md`, 'utf8');
const fences = [...page.matchAll(FENCE)].map(({ groups }) => (groups?.code ?? '').replace(FILE_NAME, ''));

test('the page about frameworks has code', () => {
  expect(fences.length).toBeGreaterThan(8);
});

test.each(fences)('code of the page about frameworks is that of an example: %#', (code) => {
  // The example may begin with how to run it.
  const isInExample = sources.some((source) => source.endsWith(code));
  expect(isInExample ? '' : code).toBe('');
});
