import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/**
 * Follows every link and image of a built site, headings included: in pages, in the sidebar, in the API reference.
 *
 * @param folder of the built pages, with a slash at its end.
 * @throws Error that names each link that leads nowhere.
 */
export function checkLinks(folder: string): { readonly pages: number; readonly links: number } {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const pages = new Map(
    files
      .filter((file) => file.endsWith('.html'))
      .map((file) => {
        const html = readFileSync(folder + file, 'utf8');
        return [file, { html, ids: new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)) }];
      }),
  );
  const linked = new Set<string>();
  const dead = new Set<string>();
  let links = 0;
  for (const [file, { html }] of pages) {
    for (const [, target = ''] of html.matchAll(/ (?:href|src)="([^"]*)"/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      links++;
      const [path = '', heading] = target.split('#').map(decodeURIComponent);
      const place = posix.join(path.startsWith('/') ? '' : posix.dirname(file), path).replace(/^\//, '');
      const found = path === '' ? file : place === '' || place.endsWith('/') ? `${place}index.html` : place;
      if (found !== file) linked.add(found);
      const isThere = heading ? pages.get(found)?.ids.has(heading) : existsSync(folder + found);
      if (!isThere) dead.add(`${file}: ${target}`);
    }
  }
  const lost = [...pages.keys()].filter((file) => !linked.has(file) && file !== '404.html');
  if (dead.size > 0) throw new Error(`These links lead nowhere:\n${[...dead].join('\n')}`);
  if (lost.length > 0) throw new Error(`Nothing links to these pages:\n${lost.join('\n')}`);
  return { pages: pages.size, links };
}
