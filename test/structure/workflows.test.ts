import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const FOLDER = new URL('../../.github/workflows/', import.meta.url);
const files = readdirSync(FOLDER);
const read = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8');

describe.each(files)('%s', (file) => {
  const steps = read(file).split(/^ +- /m);

  test('names actions by commit, because a tag can be moved to other code', () => {
    const used = steps.flatMap((step) => /uses: (?<action>[^\n]*)/.exec(step)?.groups?.action ?? []);
    expect(used).not.toEqual([]);
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('leaves no token of git behind for later steps', () => {
    const checkouts = steps.filter((step) => step.startsWith('uses: actions/checkout@'));
    expect(checkouts).not.toEqual([]);
    for (const checkout of checkouts) expect(checkout).toContain('persist-credentials: false');
  });
});

test('a release needs no npm token, and the job that tests it may write nothing', () => {
  const [, testing = '', releasing = ''] = read('release.yml').split(/^ {2}(?:test|release):\n/m);
  expect(testing).toContain('run: npm test');
  expect(testing).not.toContain('write');
  expect(releasing).toContain('needs: test');
  expect(releasing).toContain('id-token: write');
  expect(releasing).not.toContain('npm test');
  expect(read('release.yml')).not.toContain('NPM_TOKEN');
});
