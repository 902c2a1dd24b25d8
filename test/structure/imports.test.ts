import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSources, type Sources } from './sources.ts';

/** Each file breaks one rule by its only import. */
const BROKEN: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['no-cycles', 'packages/client/src/a.ts', "import type { B } from './b.ts';"],
  ['resolvable', 'packages/core/src/shared/lost.ts', "import './nowhere.ts';"],
  ['packages-by-name', 'packages/client/src/path.ts', "import '../../core/src/shared/leaf.ts';"],
  ['packages-by-name', 'packages/client/test/path.test.ts', "import '../../core/src/shared/leaf.ts';"],
  ['adapters-apart', 'packages/express/src/other.ts', "import '@showpad-webhooks/koa';"],
  ['index-is-public', 'packages/core/src/reporting/index.ts', "export * from './leaf.ts';"],
  ['index-is-for-users', 'packages/core/src/inbox/own.ts', "import './index.ts';"],
  [
    'core-depends-on-nothing',
    'packages/core/src/shared/a.ts',
    "import type {} from '@showpad-webhooks/client';",
  ],
  ['core-depends-on-nothing', 'packages/core/src/shared/b.ts', "import 'ms';"],
  ['core-fast-check', 'packages/core/src/once/random.ts', "import 'fast-check';"],
  ['core-folders', 'packages/core/src/helpers/up.ts', "import '../shared/leaf.ts';"],
  ['core-folders', 'packages/core/src/helper.ts', "import './shared/leaf.ts';"],
  ['core-shared', 'packages/core/src/shared/up.ts', "import '../signature/leaf.ts';"],
  ['core-signature', 'packages/core/src/signature/up.ts', "import type {} from '../events/leaf.ts';"],
  ['core-events', 'packages/core/src/events/up.ts', "import '../delivery/leaf.ts';"],
  ['core-delivery', 'packages/core/src/delivery/up.ts', "await import('../handlers/leaf.ts');"],
  ['core-handlers', 'packages/core/src/handlers/up.ts', "export * from '../reporting/leaf.ts';"],
  ['core-reporting', 'packages/core/src/reporting/up.ts', "type Once = typeof import('../once/leaf.ts');"],
  ['core-once', 'packages/core/src/once/up.ts', "import '../inbox/leaf.ts';"],
  ['core-once', 'packages/core/src/once/explain.ts', "import '../explain/leaf.ts';"],
  ['core-inbox', 'packages/core/src/inbox/up.ts', "import type {} from '../receiver.ts';"],
  ['core-node', 'packages/core/src/node/across.ts', "import '../explain/leaf.ts';"],
  ['core-explain', 'packages/core/src/explain/across.ts', "import type {} from '../testing/leaf.ts';"],
  ['core-explain-alone', 'packages/core/src/explain/down.ts', "import '../shared/leaf.ts';"],
  ['core-testing', 'packages/core/src/testing/across.ts', "import '../node/leaf.ts';"],
  ['core-root', 'packages/core/src/options.ts', "import './node/leaf.ts';"],
];

/** Each file breaks no rule. */
const ALLOWED: readonly (readonly [file: string, ...imported: string[]])[] = [
  ['packages/core/src/index.ts', './receiver.ts'],
  ['packages/core/src/receiver.ts', 'node:crypto', './inbox/leaf.ts', './signature/leaf.ts'],
  ['packages/core/src/inbox/index.ts', './leaf.ts', '../once/leaf.ts', '../shared/leaf.ts'],
  ['packages/core/src/reporting/down.ts', '../handlers/leaf.ts', '../explain/leaf.ts'],
  ['packages/core/src/node/down.ts', '../receiver.ts', '../delivery/leaf.ts'],
  ['packages/core/src/testing/down.ts', 'fast-check', '../inbox/leaf.ts'],
  ['packages/express/src/index.ts', '@showpad-webhooks/core', '@showpad-webhooks/core/inbox'],
];

const LAYERS = ['shared', 'signature', 'events', 'delivery', 'handlers', 'reporting', 'once', 'inbox'];
const ENTRY_POINTS = ['node', 'backfill', 'explain', 'operations', 'ordering', 'store', 'testing', 'watch'];

let sources: Sources;
beforeAll(() => {
  sources = createSources();
  for (const folder of [...LAYERS, ...ENTRY_POINTS])
    sources.write(`packages/core/src/${folder}/leaf.ts`, 'export const leaf = 1;');
  for (const name of ['client', 'koa'])
    sources.write(`packages/${name}/src/index.ts`, 'export const one = 1;');
  sources.write('packages/client/src/b.ts', "export type B = import('./a.ts').A;");
  for (const [, file, text] of BROKEN) sources.write(file, text);
  for (const [file, ...imported] of ALLOWED)
    sources.write(file, imported.map((name) => `import '${name}';`).join('\n'));
  sources.check();
});
afterAll(() => sources.remove());

test.each(BROKEN)('the rule "%s" fails %s for %s', (rule, file) => {
  expect(sources.rulesBrokenBy(file)).toEqual([rule]);
});

test.each(ALLOWED)('no rule fails %s for importing %s', (file) => {
  expect(sources.rulesBrokenBy(file)).toEqual([]);
});
