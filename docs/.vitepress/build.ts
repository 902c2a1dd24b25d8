// pnpm --dir docs build
// Generates the reference pages, builds the site, and checks every link in it and that a search finds every error code.
import { build } from 'vitepress';
import { checkIncludes } from './check-includes.ts';
import { checkLinks } from './check-links.ts';
import { checkSearch } from './check-search.ts';
import { writeLlmsFiles } from './llms.ts';
import { DOCS } from './paths.ts';

const DIST = `${DOCS}.vitepress/dist/`;

await import('./generate.ts');
checkIncludes();
await build(DOCS);
const { sidebar } = await import('./sidebar.ts'); // It lists the pages that were just generated.
writeLlmsFiles(DIST, sidebar);
await checkSearch(DIST);
const { pages, links } = checkLinks(DIST);
console.log(`Checked ${links} links on ${pages} pages: none is dead.`);
