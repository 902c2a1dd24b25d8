import { type DefaultTheme, defineConfig, type UserConfig } from 'vitepress';
import { showCheckboxes } from './checkboxes.ts';
import { resolveRepositoryLinks } from './links.ts';
import { sidebar } from './sidebar.ts';

// Code has up to 110 columns, and should not need to scroll.
const STYLE = `
:root { --vp-code-font-size: 0.8em; --vp-layout-max-width: 1600px }
.VPDoc.has-aside .content-container { max-width: 860px !important }
`;

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
    },
  },
  vite: { build: { chunkSizeWarningLimit: 2_000 } }, // The search index is one large chunk that only a search loads.
  themeConfig: {
    nav: [
      { text: 'Quick start', link: '/quick-start' },
      { text: 'Errors', link: '/errors' },
      { text: 'API', link: '/api/' },
    ],
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
    footer: { message: 'Unofficial: not made, endorsed or supported by Showpad. MIT licence.' },
  },
});

// biome-ignore lint/style/noDefaultExport: VitePress reads the default export.
export default config;
