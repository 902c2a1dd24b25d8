import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { sectionsOf } from '../../docs/.vitepress/llms.ts';
import { sidebar } from '../../docs/.vitepress/sidebar.ts';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const FENCE = /^ *```(?<language>\w+)\n(?<code>[\s\S]*?)^ *```$/gm;

function blocksOf(page: string, language: string): readonly string[] {
  const fences = [...readFileSync(DOCS + page, 'utf8').matchAll(FENCE)];
  return fences.flatMap(({ groups }) => (groups?.language === language ? [groups.code ?? ''] : []));
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

test.each([
  ['quick-start.md', 'docs/quick-start.md'],
  ['packages/express.md', 'packages/express/README.md'],
  ['glossary.md', 'CONTEXT.md'],
  ['api/core.md', undefined],
])('%s can be edited where it is written', async (page, path) => {
  const edit = 'https://github.com/owner/name/edit/main/';
  for (const name of ['owner/name', '']) {
    vi.stubEnv('GITHUB_SERVER_URL', 'https://github.com');
    vi.stubEnv('GITHUB_REPOSITORY', name);
    vi.resetModules();
    const { editUrlOf } = await import('../../docs/.vitepress/repository.ts');
    // Without the address of the repository, there is no link.
    expect(editUrlOf(page)).toBe(name && path ? edit + path : undefined);
  }
});

test('what the home page says is printed is what the page for coding agents says, which a test follows', () => {
  const printed = blocksOf('index.md', 'console')
    .flatMap((block) => block.trimEnd().split('\n'))
    .filter((line) => !/^(?:\$|\s)/.test(line));
  expect(printed).toHaveLength(3);
  const known = blocksOf('agents.md', 'text').map((block) => block.trim());
  for (const line of printed) expect(known).toContain(line);
});

test('the files for language models have every page, with what it includes, and their links lead to pages', () => {
  const pages = sectionsOf(sidebar).flatMap((section) => section.pages);
  const links = new Set(pages.map(({ link }) => `${link}.md`));
  const files = ['', 'packages/', 'adr/'].flatMap((folder) =>
    readdirSync(DOCS + folder)
      .filter((file) => file.endsWith('.md'))
      .map((file) => `/${folder}${file}`),
  );
  expect(files.filter((file) => !links.has(file))).toEqual(['/index.md']);
  for (const { link, text } of pages) {
    expect(text, link).not.toContain('@include');
    const targets = [...text.matchAll(/\]\((?<target>\/[^)#\s]+\.md)/g)].map(
      ({ groups }) => groups?.target ?? '',
    );
    const dead = targets.filter((target) => !links.has(target) && target !== '/index.md');
    expect(dead, link).toEqual([]);
  }
});
