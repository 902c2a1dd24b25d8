import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));
export const GENERATED: string = fileURLToPath(new URL('.generated/', import.meta.url));

export interface Snippet {
  /** Path from the root, and the line its code begins on. */
  readonly source: string;
  /** The module it was written to. */
  readonly file: string;
  /** What its `console.log` lines say, in comments, that they print. */
  readonly expected: readonly string[];
}

const FENCE = /^```(?:ts|js)\n(?<code>[\s\S]*?)^```$/gm;
const JSDOC = /\/\*\*[\s\S]*?\*\//g;

/** Every Markdown document of the project. */
export function documents(): readonly string[] {
  return globSync(['*.md', 'docs/**/*.md', 'packages/*/README.md', '.changeset/*.md'], { cwd: ROOT }).sort();
}

/** Every snippet of the documents and of the public `@example`s, each written to a module of its own. */
export function writeSnippets(): readonly Snippet[] {
  rmSync(GENERATED, { recursive: true, force: true });
  mkdirSync(GENERATED);
  const sources = globSync('packages/*/src/**/*.ts', { cwd: ROOT }).sort();
  const found = [...documents(), ...sources].flatMap((path) => {
    const text = readFileSync(ROOT + path, 'utf8');
    return path.endsWith('.md') ? fences(text, path) : examples(text, path);
  });
  return found.map(({ source, code }, index) => {
    const name = source.replace(/[^a-z0-9]+/gi, '-');
    const file = `${GENERATED}${String(index).padStart(2, '0')}-${name}.ts`;
    // No fixed port; and a module, even where it imports nothing.
    writeFileSync(file, `${code.replaceAll('.listen(3000)', ".listen(0, '127.0.0.1')")}\nexport {};\n`);
    return { source, file, expected: expectedOutput(code) };
  });
}

function fences(text: string, path: string): { source: string; code: string }[] {
  return [...text.matchAll(FENCE)].map((match) => ({
    source: `${path}:${lineOf(text, match.index) + 1}`,
    code: match.groups?.code ?? '',
  }));
}

function examples(text: string, path: string): { source: string; code: string }[] {
  return [...text.matchAll(JSDOC)].flatMap((comment) => {
    const plain = comment[0].replace(/^ *\* ?/gm, '');
    return fences(plain, path).map(({ code }) => ({
      source: `${path}:${lineOf(text, comment.index)}`,
      code,
    }));
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
