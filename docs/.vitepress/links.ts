import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import type { MarkdownEnv, MarkdownOptions } from 'vitepress';
import { ROOT } from './paths.ts';

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0];

/** Documents outside `docs/`, and the pages that include them. */
const PAGES: Readonly<Record<string, string>> = {
  'README.md': 'index.md',
  'CONTEXT.md': 'glossary.md',
  'SECURITY.md': 'security.md',
};

/**
 * Documents link to each other by relative paths, so that the links work on GitHub and in editors. A page that includes
 * a document is in another folder, so each link is changed to the page of its target. If the target has no page, only
 * the text of the link stays.
 */
export function resolveRepositoryLinks(markdown: Markdown): void {
  markdown.core.ruler.push('repository-links', ({ tokens, env }) => {
    const { path: page, includes = [] } = env as MarkdownEnv;
    const documents = [page, ...includes];
    for (const { children } of tokens) {
      let isDropped = false;
      for (const token of children ?? []) {
        if (token.type === 'link_open') {
          const href = token.attrGet('href') ?? '';
          const target = /^[a-z]+:|^#|^\//.test(href) ? href : pageOf(href, documents);
          isDropped = target === undefined;
          if (target !== undefined) token.attrSet('href', target);
        }
        if (isDropped && /^link_/.test(token.type)) Object.assign(token, { type: 'text', content: '' });
      }
    }
  });
}

/**
 * Returns the page for a link in one of the documents of a page, or undefined if the link leads to a file that has no
 * page. A link is relative to the document that contains it, but markdown-it does not know which one that is.
 */
export function pageOf(href: string, documents: readonly string[]): string | undefined {
  const [path = '', heading] = href.split('#');
  const candidates = documents.map((document) => posix.join(posix.dirname(document), path));
  const found = candidates.find((each) => existsSync(each));
  if (found === undefined) return href; // VitePress reports it as a dead link.
  const file = posix.relative(ROOT, found);
  const target = PAGES[file] ?? docsPage(file) ?? packagePage(file);
  return target && `/${target}${heading === undefined ? '' : `#${heading}`}`;
}

function docsPage(file: string): string | undefined {
  return /^docs\/(.*\.md)$/.exec(file)?.[1];
}

function packagePage(file: string): string | undefined {
  const name = /^packages\/([^/]+)\/README\.md$/.exec(file)?.[1];
  return name && `packages/${name}.md`;
}
