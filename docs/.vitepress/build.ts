// pnpm --dir docs build
// Generates the reference pages, builds the site, and checks every link in it.
import { build } from 'vitepress';
import { checkIncludes } from './check-includes.ts';
import { checkLinks } from './check-links.ts';
import { DOCS } from './paths.ts';

await import('./generate.ts');
checkIncludes();
await build(DOCS);
const { pages, links } = checkLinks(`${DOCS}.vitepress/dist/`);
console.log(`Checked ${links} links on ${pages} pages: none is dead.`);
