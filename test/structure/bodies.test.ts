import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PACKAGES = fileURLToPath(new URL('../../packages/', import.meta.url));
/** The end of a function that has kept all pieces of a stream in a list. */
const JOINED_PIECES = /Buffer\.concat\(\w+\)/;

test('no package keeps the pieces of a body in a list, because a sender could send a piece per byte', () => {
  const files = readdirSync(PACKAGES, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^[\w-]+[\\/]src[\\/].*\.ts$/.test(file),
  );
  expect(files.length).toBeGreaterThan(100);
  const found = files.filter((file) => JOINED_PIECES.test(readFileSync(join(PACKAGES, file), 'utf8')));
  expect(found).toEqual([]);
});
