import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOCS } from './paths.ts';

/** A line of a page that includes a file, or a region of it. */
export const INCLUDE: RegExp =
  /^(?:<!-- *@include: *|<<< *)(?<path>[^\s#>]+?)(?:#(?<region>[\w-]*\w))?(?:-->)?$/gm;

/**
 * Checks that everything a page includes exists, because VitePress silently skips what it does not find.
 *
 * @throws Error if an included file, or a region in it, does not exist.
 */
export function checkIncludes(): void {
  for (const folder of ['', 'packages/']) {
    for (const page of readdirSync(DOCS + folder).filter((file) => file.endsWith('.md'))) {
      for (const { groups } of readFileSync(DOCS + folder + page, 'utf8').matchAll(INCLUDE)) {
        const { path = '', region } = groups ?? {};
        const text = readFileSync(join(DOCS, folder, path), 'utf8');
        if (region === undefined || text.includes(`<!-- #region ${region} -->\n`)) continue;
        throw new Error(`${folder}${page} includes the region "${region}" of ${path}, which does not exist.`);
      }
    }
  }
}
