import type { MarkdownOptions } from 'vitepress';

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0];

/** VitePress would print `- [ ]` as it is. GitHub shows a checkbox, so the site shows one too. */
export function showCheckboxes(markdown: Markdown): void {
  markdown.core.ruler.push('checkboxes', ({ tokens }) => {
    for (const { children } of tokens) {
      const first = children?.[0];
      if (first?.type === 'text') first.content = first.content.replace(/^\[ \] /, '☐ ');
    }
  });
}
