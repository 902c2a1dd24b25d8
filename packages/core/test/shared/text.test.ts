import { expect, test } from 'vitest';
import { clip, printable, quote } from '../../src/shared/text.ts';

test.each([
  ['a\tb\nc\rd', 'a\\tb\\nc\\rd'],
  [
    '\0\u001b\u007f\u009f\u2028\u202e\u2066\u2069',
    '\\u0000\\u001b\\u007f\\u009f\\u2028\\u202e\\u2066\\u2069',
  ],
  ['Café 🥓 "x" \\', 'Café 🥓 "x" \\'],
  ['\ud83e \udd53', '\\ud83e \\udd53'],
])('%j is shown as %s', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('a long text is cut before it is escaped', () => {
  expect(clip('abc', 3)).toBe('abc');
  expect(clip('abcd', 3)).toBe('abc…');
  expect(clip('\n\n\n\n', 3)).toBe('\\n\\n\\n…');
  expect(quote('x'.repeat(33))).toBe(`"${'x'.repeat(32)}…"`);
});

test('no character is cut in two', () => {
  expect(clip('ab🥓', 3)).toBe('ab…');
  expect(clip('ab🥓', 4)).toBe('ab🥓');
  expect(quote(`${'x'.repeat(31)}🥓`)).toBe(`"${'x'.repeat(31)}…"`);
});
