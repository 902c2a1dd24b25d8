import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ESLINT = fileURLToPath(new URL('../../node_modules/.bin/eslint', import.meta.url));

/** Checks a text as if it were that file, with the program and the settings of `npm test`. */
function check(file: string, text: string): { readonly status: number | null; readonly output: string } {
  const args = ['--config', 'eslint.config.mjs', '--max-warnings', '0', '--stdin', '--stdin-filename', file];
  const { status, stdout, stderr } = spawnSync(ESLINT, args, { cwd: ROOT, input: text, encoding: 'utf8' });
  return { status, output: stdout + stderr };
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
])(
  'a regular expression of quadratic time fails the check: %s',
  { timeout: 60_000 },
  (_title, rule, file, text) => {
    const { status, output } = check(file, text);
    expect(output).toContain(rule);
    expect(status).toBe(1);
  },
);

test('one of linear time passes it', { timeout: 60_000 }, () => {
  const text = 'export const isId = (text: string) => /^[a-z0-9-]{1,40}$/.test(text);\n';
  expect(check('packages/core/src/a.ts', text)).toEqual({ status: 0, output: '' });
});
