import type { DefaultTheme, MarkdownEnv, MarkdownOptions } from 'vitepress';

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0];

const ROW = /<tr id="(?<code>[A-Z_]+)">/g;

/** Gives each row on the page of error codes its code as id, so that a link such as `errors#CLOSED` leads to it. */
export function identifyErrorCodes(markdown: Markdown): void {
  markdown.core.ruler.push('error-codes', ({ tokens, env }) => {
    if (!(env as MarkdownEnv).path.endsWith('/errors.md')) return;
    for (const [index, token] of tokens.entries()) {
      if (token.type !== 'tr_open') continue;
      const firstCell = tokens[index + 2]?.content ?? '';
      const [, code] = /^`([A-Z_]+)`$/.exec(firstCell) ?? [];
      if (code !== undefined) token.attrSet('id', code);
    }
  });
}

/** The HTML of a page as the search indexes it. A search ends at a heading, so each row with a code gets one. */
export const renderForSearch: NonNullable<DefaultTheme.LocalSearchOptions['_render']> = (
  source,
  env,
  markdown,
) => markdown.render(source, env).replace(ROW, '<h3>$<code> <a href="#$<code>">#</a></h3><tr>');
