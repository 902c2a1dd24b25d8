import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bundle } from './src/bundle.ts';

const FETCH = fileURLToPath(new URL('../../packages/fetch/src/index.ts', import.meta.url));
const IMPORT = /\bfrom\s*["'](?<name>(?:node|cloudflare):[^"']+)["']/g;

test('the fetch package imports only modules of Node that Bun, Deno and Workers have too', async () => {
  const imported = [...(await bundle(FETCH)).matchAll(IMPORT)].map((match) => match.groups?.name);
  // The suites of this folder run with them in all three. Add one only if they still do.
  expect([...new Set(imported)].sort()).toEqual(['node:buffer', 'node:crypto', 'node:timers', 'node:zlib']);
});
