import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DefaultTheme } from 'vitepress';
import { INCLUDE } from './check-includes.ts';
import { pageOf } from './links.ts';
import { DOCS } from './paths.ts';

/** One page of the site as Markdown. */
interface Page {
  /** Its address without a suffix, such as `/packages/express`. */
  readonly link: string;
  /** Its name in the sidebar. */
  readonly name: string;
  readonly text: string;
}

/** What few readers need, so `llms-full.txt` leaves it out. The format of llms.txt has this heading for it. */
const OPTIONAL = ['API reference', 'Background'];
const TITLE = '# showpad-webhooks';
const SUMMARY =
  '> Receive Showpad webhooks in the Node app you already have: verified, typed, handled once, never lost. Unofficial. To add ' +
  'them to an app, follow [For coding agents](/agents.md).';

/**
 * Writes the site for language models, as https://llmstxt.org describes it: each page as Markdown next to its HTML, a list of
 * them in `llms.txt`, and all of them one after the other in `llms-full.txt`.
 *
 * @param folder the folder of the built site, with a slash at its end.
 */
export function writeLlmsFiles(folder: string, sidebar: readonly DefaultTheme.SidebarItem[]): void {
  const sections = sectionsOf(sidebar);
  for (const { link, text } of sections.flatMap(({ pages }) => pages)) {
    mkdirSync(dirname(`${folder}${link}`), { recursive: true });
    writeFileSync(`${folder}${link.slice(1)}.md`, text);
  }
  const [optional, usual] = [true, false].map((isOptional) =>
    sections.filter(({ heading }) => OPTIONAL.includes(heading) === isOptional),
  );
  const lists = (usual ?? []).map(({ heading, pages }) => `## ${heading}\n\n${listOf(pages)}`);
  const rest = listOf((optional ?? []).flatMap(({ pages }) => pages));
  writeFileSync(
    `${folder}llms.txt`,
    `${[TITLE, SUMMARY, ...lists, `## Optional\n\n${rest}`].join('\n\n')}\n`,
  );
  const texts = (usual ?? []).flatMap(({ pages }) => pages.map(({ text }) => text));
  writeFileSync(`${folder}llms-full.txt`, `${[TITLE, SUMMARY, ...texts].join('\n\n')}\n`);
}

/** The pages under each heading of the sidebar. */
export function sectionsOf(
  sidebar: readonly DefaultTheme.SidebarItem[],
): readonly { readonly heading: string; readonly pages: readonly Page[] }[] {
  return sidebar.map(({ text = '', items = [] }) => ({ heading: text, pages: pagesOf(items) }));
}

function pagesOf(items: readonly DefaultTheme.SidebarItem[]): readonly Page[] {
  return items.flatMap(({ text: name = '', link, items: below = [] }) => [
    ...(link === undefined
      ? []
      : [{ link: withIndex(link), name, text: markdownOf(`${withIndex(link)}.md`) }]),
    ...pagesOf(below),
  ]);
}

function withIndex(link: string): string {
  return link.endsWith('/') ? `${link}index` : link;
}

function listOf(pages: readonly Page[]): string {
  return pages.map(({ name, link, text }) => `- [${name}](${link}.md)${summaryOf(text)}`).join('\n');
}

/** The first sentence of a page. */
function summaryOf(text: string): string {
  const [, paragraph = ''] = /^# .*\n+(?!#|<|\||```|- )((?:.+\n?)+)/m.exec(text) ?? [];
  const [sentence = ''] = /^.*?[.:](?= |$)/.exec(paragraph.replace(/\s+/g, ' ').trim()) ?? [];
  return sentence && `: ${withoutLinks(sentence).replace(/:$/, '.')}`;
}

function withoutLinks(text: string): string {
  return text.replace(/\[([^[\]]*)\]\([^()]*\)/g, '$1');
}

/** The text of a page with what it includes, whose links lead to other such pages. */
function markdownOf(path: string): string {
  const page = join(DOCS, path);
  const includes: string[] = [];
  const text = readFileSync(page, 'utf8').replace(INCLUDE, (_all, file: string, region?: string) => {
    const included = join(dirname(page), file);
    includes.push(included);
    return regionOf(readFileSync(included, 'utf8'), region);
  });
  return text
    .replace(/^---\n[\s\S]*?\n---\n/, '')
    .replace(/^<!-- #(?:end)?region.*-->\n/gm, '')
    .replace(/\{target="_self"\}/g, '')
    .replace(/\]\((?![a-z]+:|#|\/)([^)\s]+)\)/g, (all, href: string) => {
      const target = pageOf(href, [page, ...includes]);
      return target === undefined ? all : `](${target})`;
    })
    .trim();
}

function regionOf(text: string, region: string | undefined): string {
  if (region === undefined) return text;
  const [, inside = ''] = text.split(`<!-- #region ${region} -->\n`);
  return inside.split(`<!-- #endregion ${region} -->`)[0] ?? '';
}
