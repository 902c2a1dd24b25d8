import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));
export const GENERATED: string = fileURLToPath(new URL('.generated/', import.meta.url));

export interface Snippet {
  /** The path relative to the root. */
  readonly document: string;
  /** The line of the document on which its code begins. */
  readonly line: number;
  /** The module that contains the code. */
  readonly file: string;
  readonly code: string;
  /** The output that comments announce after `console.log` lines. */
  readonly expected: readonly string[];
  /** True if it is an app that listens until somebody ends it. */
  readonly isServer: boolean;
  /** True if it is a test, of Jest or any runner that has `it` and `expect` as globals. */
  readonly isTest: boolean;
}

// The site also reads what follows the language, such as the title of a tab.
const FENCE = /^```(?:ts|js)\b[^\n]*\n(?<code>[\s\S]*?)^```$/gm;
const LISTEN = '.listen(3000)';
const JSDOC = /\/\*\*[\s\S]*?\*\//g;

/** Returns every Markdown document that a person wrote: pages of the site, READMEs and templates. */
export function documents(): readonly string[] {
  const written = [
    '*.md',
    'docs/**/*.md',
    '{packages,examples}/*/README.md',
    '.changeset/*.md',
    '.github/**/*.md',
  ];
  const ignore = ['**/node_modules', 'docs/api', 'docs/.generated', 'docs/.vitepress/dist'];
  return globSync(written, { cwd: ROOT, ignore, dot: true }).sort();
}

/** Writes each snippet of a document or an `@example` into its own module. */
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
    // Port 3000 may be in use. Without an import or an export, the file would not be a module.
    writeFileSync(file, `${code.replaceAll(LISTEN, ".listen(0, '127.0.0.1')")}\nexport {};\n`);
    return {
      document,
      line,
      file,
      code,
      expected: expectedOutput(code),
      isServer: code.includes(LISTEN),
      isTest: /^it\(/m.test(code),
    };
  });
}

export interface Fence {
  readonly line: number;
  readonly code: string;
}

export function fencesOf(text: string): Fence[] {
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

/** Returns the comments that follow a `console.log(…);`, on the same line or the next. */
function expectedOutput(code: string): string[] {
  return [...code.matchAll(/^console\.log\(.*\);(?: |\n)\/\/ (?<output>.*)$/gm)].map(
    (match) => match.groups?.output ?? '',
  );
}
