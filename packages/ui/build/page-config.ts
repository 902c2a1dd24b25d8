import { fileURLToPath } from 'node:url';
import { defineConfig, type UserConfig } from 'vite';

/**
 * Builds a page into `dist` of its package.
 *
 * @param url of the Vite configuration, which is in the folder of the page
 * @param folder in `dist`
 * @param name of the files
 */
export function pageConfig(url: string, folder: string, name: string = folder): UserConfig {
  return defineConfig({
    root: fileURLToPath(new URL('.', url)),
    base: './', // The page can be served below any path.
    logLevel: 'warn',
    // A build in a test would be one for development, and contain the paths of the sources.
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    build: {
      outDir: `../dist/${folder}`,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0, // A strict Content-Security-Policy allows no data: URL.
      modulePreload: { polyfill: false },
      rolldownOptions: {
        output: {
          // There are no hashes because the page is served uncached, and a new build then leaves no old files.
          entryFileNames: `${name}.js`,
          assetFileNames: `${name}[extname]`,
        },
      },
    },
  });
}
