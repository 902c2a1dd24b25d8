import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documents, ROOT } from './snippets.ts';

const PATH = /`(?<path>(?:\.github|docs|examples|packages|scripts|test)\/[\w./-]+)`/g;
const found = documents().flatMap((document) => {
  const text = readFileSync(ROOT + document, 'utf8');
  return [...text.matchAll(PATH)].map((match) => ({ document, path: match.groups?.path ?? '' }));
});

test('documents name files of the repository', () => {
  expect(found.length).toBeGreaterThan(20);
});

test.each(found)('$document names $path, which exists', ({ path }) => {
  expect(existsSync(ROOT + path)).toBe(true);
});
