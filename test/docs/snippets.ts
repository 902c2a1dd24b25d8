import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));
export const GENERATED: string = fileURLToPath(new URL('.generated/', import.meta.url));

export interface Snippet {
  /** Path from the root. */
  readonly document: string;
  /** The line of the document that its code begins on. */
  readonly line: number;
  /** The module it was written to. */
  readonly file: string;
  readonly code: string;
  /** What its `console.log` lines say, in comments, that they print. */
  readonly expected: readonly string[];
  /** Whether it is an app that listens, and goes on. */
  readonly isServer: boolean;
}

// What follows the language, such as the title of a tab, is for the site.
const FENCE = /^```(?:ts|js)\b[^\n]*\n(?<code>[\s\S]*?)^```$/gm;
const LISTEN = '.listen(3000)';
const JSDOC = /\/\*\*[\s\S]*?\*\//g;

/** Every Markdown document of the project that a person wrote: pages of the site, READMEs, templates. */
export function documents(): readonly string[] {
  const written = [
    '*.md',
    'docs/**/*.md',
    '{packages,examples}/*/README.md',
    '.changeset/*.md',
    '.github/**/*.md',
  ];
  const ignore = ['**/node_modules', 'docs/api', 'docs/.generated'];
  return globSync(written, { cwd: ROOT, ignore, dot: true }).sort();
}

/** Every snippet of the documents and of the public `@example`s, each written to a module of its own. */
export function writeSnippets(): readonly Snippet[] {
  rmSync(GENERATED, { recursive: true, force: true });
  mkdirSync(GENERATED);
  const sources = globSync('packages/*/src/**/*.ts', { cwd: ROOT }).sort();
  const found = [...documents(), ...sources].flatMap((document) => {
    const text = readFileSync(ROOT + document, 'utf8');
    const fences = document.endsWith('.md') ? fencesOf(text) : examplesOf(text);
    return fences.map((fence) => ({ document, ...fence }));
  });
  return found.map(({ document, line, code }) => {
    const file = `${GENERATED}${document.replace(/[^a-z0-9]+/gi, '-')}-${line}.ts`;
    // No fixed port; and a module, even where it imports nothing.
    writeFileSync(file, `${code.replaceAll(LISTEN, ".listen(0, '127.0.0.1')")}\nexport {};\n`);
    return { document, line, file, code, expected: expectedOutput(code), isServer: code.includes(LISTEN) };
  });
}

interface Fence {
  readonly line: number;
  readonly code: string;
}

function fencesOf(text: string): Fence[] {
  return [...text.matchAll(FENCE)].map((match) => ({
    line: lineOf(text, match.index) + 1,
    code: match.groups?.code ?? '',
  }));
}

function examplesOf(text: string): Fence[] {
  return [...text.matchAll(JSDOC)].flatMap((comment) => {
    const before = lineOf(text, comment.index) - 1;
    const fences = fencesOf(comment[0].replace(/^ *\* ?/gm, ''));
    return fences.map(({ line, code }) => ({ line: before + line, code }));
  });
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** The comment after a `console.log(…);`, on its line or the next. */
function expectedOutput(code: string): string[] {
  return [...code.matchAll(/^console\.log\(.*\);(?: |\n)\/\/ (?<output>.*)$/gm)].map(
    (match) => match.groups?.output ?? '',
  );
}
