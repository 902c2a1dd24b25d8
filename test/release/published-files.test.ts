import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
// @ts-expect-error It is JavaScript without types, because it runs before anything is built.
import { publishedManifest, publishedReadme } from '../../scripts/published-files.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const REPOSITORY = 'https://github.com/owner/name';
const COMMIT = 'f'.repeat(40);
const PACKAGES = readdirSync(`${ROOT}packages`).filter((name) =>
  existsSync(`${ROOT}packages/${name}/README.md`),
);
const placeOf = (name: string) => ({ folder: `packages/${name}`, repository: REPOSITORY, commit: COMMIT });
const read = (path: string) => readFileSync(ROOT + path, 'utf8');

/** The targets of all links and pictures outside of code. */
function targetsOf(markdown: string): readonly string[] {
  const text = markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)|\b(?:href|src|srcset)="([^"\s]+)/g)].map(
    ([, link, address]) => link ?? address ?? '',
  );
}

/** The anchors that GitHub makes of headings. */
function anchorsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(PACKAGES)('the README of %s on npm', (name) => {
  const published: string = publishedReadme(read(`packages/${name}/README.md`), placeOf(name));

  test('has only absolute links, and what they lead to exists', () => {
    for (const target of targetsOf(published)) {
      if (target.startsWith('#')) {
        expect(anchorsOf(published), target).toContain(target.slice(1));
        continue;
      }
      expect(target).toMatch(/^https:\/\//);
      const [, kind = '', path = '', heading] =
        new RegExp(`^${REPOSITORY}/(blob|raw)/${COMMIT}/([^#]+)(?:#(.+))?$`).exec(target) ?? [];
      if (kind === '') continue; // It leads to another site.
      expect(existsSync(ROOT + path), `${target} exists`).toBe(true);
      expect(kind, target).toBe(/\.(png|svg)$/.test(path) ? 'raw' : 'blob');
      if (heading !== undefined) expect(anchorsOf(read(path)), target).toContain(heading);
    }
  });

  test('says how to try it, with a command that works before anything is installed', () => {
    const [, section = ''] = /^## Try it\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(published) ?? [];
    expect(section, 'the section "Try it"').toMatch(/npx @showpad-webhooks\/cli |npm install /);
  });
});

const DOCUMENTS = [
  'README.md',
  ...readdirSync(`${ROOT}docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...PACKAGES.map((name) => `packages/${name}/README.md`),
];

// `npx showpad-webhooks` works only where the package is installed (docs/adr/0025).
test.each(DOCUMENTS)('%s calls the command by a name that npx finds', (document) => {
  const text = read(document);
  const bare = text.indexOf('npx showpad-webhooks');
  if (bare === -1) return;
  expect(text.lastIndexOf('npm install --save-dev @showpad-webhooks/cli', bare)).toBeGreaterThan(-1);
});

test('leaves code and absolute links alone', () => {
  const text =
    '[a](https://example.com/x) [b](#c)\n```md\n[d](../../docs/e.md)\n```\n![f](../../docs/g.png) [h](i.json#j)';
  expect(publishedReadme(text, placeOf('core'))).toBe(
    `[a](https://example.com/x) [b](#c)\n\`\`\`md\n[d](../../docs/e.md)\n\`\`\`\n` +
      `![f](${REPOSITORY}/raw/${COMMIT}/docs/g.png) [h](${REPOSITORY}/blob/${COMMIT}/packages/core/i.json#j)`,
  );
});

test('the manifest names the repository, which npm needs for the provenance, and nothing that works only there', () => {
  const manifest = {
    name: 'x',
    version: '1.0.0',
    scripts: { a: 'b' },
    devDependencies: { c: '1' },
    files: ['dist'],
  };
  expect(publishedManifest(manifest, placeOf('core'))).toEqual({
    name: 'x',
    version: '1.0.0',
    files: ['dist', 'CHANGELOG.md'],
    author: 'the showpad-webhooks contributors',
    homepage: `${REPOSITORY}/tree/main/packages/core#readme`,
    bugs: `${REPOSITORY}/issues`,
    repository: { type: 'git', url: `git+${REPOSITORY}.git`, directory: 'packages/core' },
  });
});
