import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ROOT } from './snippets.ts';

test('the README states the versions that the tests run on', () => {
  const args = [`${ROOT}scripts/compatibility.mjs`, '--check'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect([stderr, status]).toEqual(['', 0]);
});
