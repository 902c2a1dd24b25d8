// pnpm --dir docs build: the reference pages, the site, and a check of every link in it.
import { build } from 'vitepress';
import { checkIncludes } from './check-includes.ts';
import { checkLinks } from './check-links.ts';
import { DOCS } from './paths.ts';

await import('./generate.ts');
checkIncludes();
await build(DOCS);
const { pages, links } = checkLinks(`${DOCS}.vitepress/dist/`);
console.log(`${links} links on ${pages} pages lead somewhere.`);
