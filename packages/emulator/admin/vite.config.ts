import { fileURLToPath } from 'node:url';
import { defineConfig, type UserConfig } from 'vite';

const config: UserConfig = defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './', // The page can be served below any path.
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/admin',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // A strict Content-Security-Policy allows no data: URL.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // There are no hashes because the emulator serves the page uncached, and a new build then leaves no old files.
        entryFileNames: 'admin.js',
        assetFileNames: 'admin[extname]',
      },
    },
  },
});

export default config;
