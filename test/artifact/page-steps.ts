import { readFileSync } from 'node:fs';

/** A block of code on a page that tells people, or agents, what to do. */
export interface Step {
  /** The text between the block before it and this one. */
  readonly introduction: string;
  readonly language: string;
  readonly code: string;
}

const FENCE = /^(?<indent> *)```(?<language>\w+)\n(?<code>[\s\S]*?)^ *```$/gm;

/** Reads the blocks of code of a section of a page, in their order. */
export function readSteps(page: string, heading: string): readonly Step[] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const section = text.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  let end = 0;
  return [...section.matchAll(FENCE)].map(({ index, 0: block, groups = {} }) => {
    const introduction = section.slice(end, index).replace(/\s+/g, ' ').trim();
    end = index + block.length;
    const code = (groups.code ?? '').replaceAll(new RegExp(`^${groups.indent}`, 'gm'), '');
    return { introduction, language: groups.language ?? '', code };
  });
}
