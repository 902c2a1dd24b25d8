import { readFileSync } from 'node:fs';

export interface Readme {
  readonly text: string;
  /** What its first `npm install` installs. */
  readonly installs: readonly string[];
  /** Its first snippet of code. */
  readonly snippet: string;
}

/** Reads the README of a package. */
export function readReadme(name: string): Readme {
  const text = readFileSync(new URL(`../../packages/${name}/README.md`, import.meta.url), 'utf8');
  const [, line = ''] = /^npm install (?:--save-dev )?([^#\n]+)/m.exec(text) ?? [];
  const [, snippet = ''] = /^```ts[^\n]*\n([\s\S]*?)^```$/m.exec(text) ?? [];
  return { text, installs: line.trim().split(' '), snippet };
}
