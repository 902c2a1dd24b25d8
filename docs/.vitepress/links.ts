import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import type { MarkdownOptions } from 'vitepress';
import { ROOT } from './paths.ts';

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0];

/** Documents outside `docs/` that a page shows whole. */
const PAGES: Readonly<Record<string, string>> = {
  'README.md': 'index.md',
  'CONTEXT.md': 'glossary.md',
  'SECURITY.md': 'security.md',
  'examples/serverless/README.md': 'serverless.md',
};

/**
 * Documents link to each other by their places in the repository, so that the links hold there and in editors. A page
 * that includes one stands elsewhere: its links are led to the site's pages, and those to files that have none
 * lose their link and keep their text.
 */
export function resolveRepositoryLinks(markdown: Markdown): void {
  markdown.core.ruler.push('repository-links', ({ tokens, env }) => {
    for (const { children } of tokens) {
      let isDropped = false;
      for (const token of children ?? []) {
        if (token.type === 'link_open') {
          const href = token.attrGet('href') ?? '';
          const target = /^[a-z]+:|^#|^\//.test(href) ? href : pageOf(href, env.relativePath);
          isDropped = target === undefined;
          if (target !== undefined) token.attrSet('href', target);
        }
        if (isDropped && /^link_/.test(token.type)) Object.assign(token, { type: 'text', content: '' });
      }
    }
  });
}

/** The page of what `page` links to; undefined where it is a file without one. */
function pageOf(href: string, page: string): string | undefined {
  const [path = '', heading] = href.split('#');
  const plain = path.replace(/^(\.{1,2}\/)+/, '');
  const packageName = /^packages\/([^/]+)\.md$/.exec(page)?.[1];
  const places = [posix.join('docs', posix.dirname(page), path), plain, `packages/${packageName}/${plain}`];
  const place = places.find((each) => !each.startsWith('..') && existsSync(ROOT + each));
  if (place === undefined) return href; // VitePress tells of it.
  const target = PAGES[place] ?? /^docs\/(?<page>.*\.md)$/.exec(place)?.groups?.page ?? packagePage(place);
  return target && `/${target}${heading === undefined ? '' : `#${heading}`}`;
}

function packagePage(place: string): string | undefined {
  const name = /^packages\/([^/]+)\/README\.md$/.exec(place)?.[1];
  return name && `packages/${name}.md`;
}
