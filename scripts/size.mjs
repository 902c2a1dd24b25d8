// Checks what each entry point adds to an app that imports it: bundled with our code that it imports, minified, gzipped.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { ROOT } from './pnpm.mjs';

const BUDGETS = [
  { entry: 'core/dist/index.mjs', maxBytes: 17_920 },
  // createNodeHandler creates a receiver, so this is the main entry point and 2 kB.
  { entry: 'core/dist/node/index.mjs', maxBytes: 19_712 },
  { entry: 'core/dist/backfill/index.mjs', maxBytes: 7_424 },
  { entry: 'core/dist/explain/index.mjs', maxBytes: 4_736 },
  { entry: 'core/dist/inbox/index.mjs', maxBytes: 4_736 },
  { entry: 'core/dist/operations/index.mjs', maxBytes: 1_920 },
  { entry: 'core/dist/ordering/index.mjs', maxBytes: 1_408 },
  { entry: 'core/dist/shared/index.mjs', maxBytes: 1_280 },
  { entry: 'core/dist/store/index.mjs', maxBytes: 3_200 },
  { entry: 'core/dist/watch/index.mjs', maxBytes: 3_328 },
  { entry: 'client/dist/index.mjs', maxBytes: 9_216 },
  { entry: 'sqlite/dist/index.mjs', maxBytes: 7_424, isOwnCodeOnly: true },
  { entry: 'postgres/dist/index.mjs', maxBytes: 8_704, isOwnCodeOnly: true },
  { entry: 'bullmq/dist/index.mjs', maxBytes: 10_240, isOwnCodeOnly: true },
  { entry: 'dashboard/dist/index.mjs', maxBytes: 4_608, isOwnCodeOnly: true },
  { entry: 'emulator/dist/index.mjs', maxBytes: 22_528, isOwnCodeOnly: true },
  { entry: 'cli/dist/bin.mjs', maxBytes: 36_864, isOwnCodeOnly: true },
  { entry: 'otel/dist/index.mjs', maxBytes: 4_096, isOwnCodeOnly: true },
  { entry: 'aws-lambda/dist/index.mjs', maxBytes: 3_584, isOwnCodeOnly: true },
  { entry: 'express/dist/index.mjs', maxBytes: 1_024, isOwnCodeOnly: true },
  { entry: 'fastify/dist/index.mjs', maxBytes: 1_536, isOwnCodeOnly: true },
  { entry: 'fetch/dist/index.mjs', maxBytes: 20_480 },
  // As wrangler bundles it: in one file, with what is imported dynamically, and without what "browser" leaves out.
  { entry: 'fetch/dist/index.mjs', maxBytes: 19_456, isWorker: true },
  { entry: 'koa/dist/index.mjs', maxBytes: 1_280, isOwnCodeOnly: true },
  { entry: 'nestjs/dist/index.mjs', maxBytes: 6_656, isOwnCodeOnly: true },
];

/** What a browser loads of a page: all files in a folder. */
const PAGES = [{ folder: 'dashboard/dist/page', maxBytes: 19_456 }];

const LAZY = {
  name: 'lazy',
  resolveDynamicImport: (specifier) => ({ id: String(specifier), external: true }),
};

let isOver = false;
for (const { entry, maxBytes, isOwnCodeOnly = false, isWorker = false } of BUDGETS) {
  const bundle = await rolldown({
    input: `${ROOT}packages/${entry}`,
    external: isOwnCodeOnly ? /^(?!\.|\/)/ : /^node:/,
    platform: isWorker ? 'browser' : 'node',
    // A dynamic import is loaded only if it is needed, so it does not count.
    plugins: isWorker ? [] : [LAZY],
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true, codeSplitting: !isWorker });
  const bytes = gzipSync(output.map((chunk) => chunk.code ?? '').join(''), { level: 9 }).length;
  console.log(`${entry}${isWorker ? ', in a Worker' : ''}: ${bytes} of ${maxBytes} bytes`);
  if (bytes > maxBytes) isOver = true;
}
for (const { folder, maxBytes } of PAGES) {
  const files = readdirSync(`${ROOT}packages/${folder}`).map((name) =>
    readFileSync(`${ROOT}packages/${folder}/${name}`),
  );
  const bytes = files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0);
  console.log(`${folder}: ${bytes} of ${maxBytes} bytes`);
  if (bytes > maxBytes) isOver = true;
}
process.exit(isOver ? 1 : 0);
