import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const eslint = new ESLint({ cwd: ROOT, overrideConfigFile: 'eslint.config.mjs' });

/** The rules that a text breaks if it is in that file, with the settings of `npm test`, which allows not even a warning. */
async function check(filePath: string, text: string): Promise<readonly (string | null)[]> {
  const results = await eslint.lintText(text, { filePath });
  return results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId));
}

const MOVE = 'regexp/no-super-linear-move';
const VULNERABLE = 'redos/no-vulnerable';
const BACKTRACKING = 'regexp/no-super-linear-backtracking';

test.each([
  [
    'spaces at the end',
    MOVE,
    'packages/core/src/a.ts',
    'export const trim = (text: string) => text.replace(/[ \\t]+$/, "");',
  ],
  ['a tag', VULNERABLE, 'packages/client/src/a.ts', 'export const title = /<title[^>]*>/;'],
  ['a loop in a loop', BACKTRACKING, 'examples/express/a.mjs', 'export const words = /^(\\w+\\s?)*$/;'],
  ['two that share characters', BACKTRACKING, 'scripts/a.mjs', 'export const header = /^a:\\s*(.+)$/;'],
  ['one that is built', MOVE, 'test/hostile/a.ts', 'export const built = new RegExp("x*y");'],
  [
    'one in a page',
    MOVE,
    'packages/emulator/admin/src/a.tsx',
    'export const A = () => <p>{/a+$/.test("a")}</p>;',
  ],
])('a regular expression of quadratic time fails the check: %s', async (_title, rule, file, text) => {
  expect(await check(file, text)).toContain(rule);
});

test('one of linear time passes it', async () => {
  const text = 'export const isId = (text: string) => /^[a-z0-9-]{1,40}$/.test(text);\n';
  expect(await check('packages/core/src/a.ts', text)).toEqual([]);
});
