import { type DefaultTheme, defineConfig, type PageData, type UserConfig } from 'vitepress';
import { showCheckboxes } from './checkboxes.ts';
import { identifyErrorCodes } from './error-codes.ts';
import { resolveRepositoryLinks } from './links.ts';
import { editUrlOf, readVersions, repository } from './repository.ts';
import { search } from './search.ts';
import { sidebar } from './sidebar.ts';
import { shown } from './versions.ts';

// Code has up to 110 columns, and should not need to scroll.
const STYLE = `
:root { --vp-code-font-size: 0.8em; --vp-layout-max-width: 1600px }
.VPDoc.has-aside .content-container { max-width: 860px !important }
.home .VPDoc .container, .home .VPDoc .content, .home .VPDoc .content-container { max-width: 1400px !important }
.home .VPDoc { padding-top: 24px !important }
.home thead { display: none }
.home table { display: table }
.vp-doc tr:target { background-color: var(--vp-c-brand-soft) }
.home .first-sight { display: grid; gap: 0 32px; grid-template-columns: minmax(0, 1fr) }
@media (min-width: 1100px) { .home .first-sight { grid-template-columns: minmax(0, 7fr) minmax(0, 6fr) } }
`;

const [core] = readVersions();

/** VitePress sends this to the browser as text, so it uses nothing from outside. */
const readEditUrl = ({ frontmatter }: PageData): string => frontmatter.editUrl;

const config: UserConfig<DefaultTheme.Config> = defineConfig({
  title: 'showpad-webhooks',
  description: 'Receive Showpad webhooks in the Node app you already have. Unofficial.',
  ignoreDeadLinks: 'localhostLinks', // They lead to a server that the reader starts.
  head: [
    ['link', { rel: 'icon', href: 'data:,' }],
    ['style', {}, STYLE],
  ],
  srcExclude: ['node_modules/**', '.generated/**'],
  markdown: {
    config: (markdown) => {
      resolveRepositoryLinks(markdown);
      showCheckboxes(markdown);
      identifyErrorCodes(markdown);
    },
  },
  transformPageData({ relativePath, frontmatter }) {
    const editUrl = editUrlOf(relativePath);
    return { frontmatter: { ...frontmatter, ...(editUrl ? { editUrl } : { editLink: false }) } };
  },
  vite: { build: { chunkSizeWarningLimit: 2_000 } }, // The search index is one large chunk that only a search loads.
  themeConfig: {
    nav: [
      { text: 'Quick start', link: '/quick-start' },
      { text: 'Errors', link: '/errors' },
      { text: 'API', link: '/api/' },
      { text: shown(core?.version ?? '0.0.0'), link: '/versions' },
    ],
    ...(repository && {
      socialLinks: [{ icon: 'github', link: repository }],
      editLink: { pattern: readEditUrl, text: 'Edit this page' },
    }),
    sidebar,
    outline: [2, 3],
    search,
    footer: { message: 'Unofficial: not made, endorsed or supported by Showpad. MIT licence.' },
  },
});

// biome-ignore lint/style/noDefaultExport: VitePress reads the default export.
export default config;
