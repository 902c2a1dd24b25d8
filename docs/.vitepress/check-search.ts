import { readdirSync } from 'node:fs';
import MiniSearch from 'minisearch';
import { CODES } from '../../packages/core/src/delivery/response.ts';
import { MINI_SEARCH_OPTIONS } from './search.ts';

/**
 * Searches the built site for every error code.
 *
 * @param folder the folder of the built site, with a slash at its end.
 * @throws Error if the first result is not the row of the code on the page about error codes. It names the codes.
 */
export async function checkSearch(folder: string): Promise<void> {
  const chunks = `${folder}assets/chunks/`;
  const name = readdirSync(chunks).find((file) => file.startsWith('@localSearchIndex'));
  const { default: text } = (await import(`${chunks}${name}`)) as { readonly default: string };
  const index = MiniSearch.loadJSON(text, MINI_SEARCH_OPTIONS);
  const missing = Object.keys(CODES).filter(
    (code) => !String(index.search(code)[0]?.id).endsWith(`#${code}`),
  );
  if (missing.length > 0) throw new Error(`A search does not lead to the error codes ${missing.join(', ')}.`);
}
