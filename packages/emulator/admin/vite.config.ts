import { fileURLToPath } from 'node:url';
import { defineConfig, type UserConfig } from 'vite';

const config: UserConfig = defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './', // The page may be served below any path.
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
        // No hashes: the emulator serves the page uncached, and a rebuild leaves nothing behind.
        entryFileNames: 'admin.js',
        assetFileNames: 'admin[extname]',
      },
    },
  },
});

export default config;
