import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/**
 * Checks every link and image of the built site, including links to headings and those in the sidebar.
 *
 * @param folder The folder of the built pages, with a slash at its end.
 * @throws Error if links are dead, or if a page exists that nothing links to. It names all of them.
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
      const linkedFile = fileOf(path, file);
      if (linkedFile !== file) linked.add(linkedFile);
      const exists = heading ? pages.get(linkedFile)?.ids.has(heading) : existsSync(folder + linkedFile);
      if (!exists) dead.add(`${file}: ${target}`);
    }
  }
  const orphans = [...pages.keys()].filter((file) => !linked.has(file) && file !== '404.html');
  if (dead.size > 0) throw new Error(`These links are dead:\n${[...dead].join('\n')}`);
  if (orphans.length > 0) throw new Error(`Nothing links to these pages:\n${orphans.join('\n')}`);
  return { pages: pages.size, links };
}

/** Returns the file that a link with this path leads to, if the link is in the file `from`. */
function fileOf(path: string, from: string): string {
  if (path === '') return from;
  const folder = path.startsWith('/') ? '' : posix.dirname(from);
  const file = posix.join(folder, path).replace(/^\//, '');
  return file === '' || file.endsWith('/') ? `${file}index.html` : file;
}
