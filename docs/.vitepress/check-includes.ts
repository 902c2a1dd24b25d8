import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOCS } from './paths.ts';

const INCLUDE = /^(?:<!-- *@include: *|<<< *)(?<path>[^\s#>]+?)(?:#(?<region>[\w-]*\w))?(?:-->)?$/gm;

/**
 * Looks for each document, region and file that a page includes, since VitePress passes over what it does not find.
 *
 * @throws Error for a file that is not there, or a region that its file does not have.
 */
export function checkIncludes(): void {
  for (const folder of ['', 'packages/']) {
    for (const page of readdirSync(DOCS + folder).filter((file) => file.endsWith('.md'))) {
      for (const { groups } of readFileSync(DOCS + folder + page, 'utf8').matchAll(INCLUDE)) {
        const { path = '', region } = groups ?? {};
        const text = readFileSync(join(DOCS, folder, path), 'utf8');
        if (region === undefined || text.includes(`<!-- #region ${region} -->\n`)) continue;
        throw new Error(`${folder}${page} includes the region "${region}" of ${path}, which has none.`);
      }
    }
  }
}
