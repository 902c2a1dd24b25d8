import type { Options } from 'minisearch';
import type { DefaultTheme } from 'vitepress';
import { renderForSearch } from './error-codes.ts';

/** VitePress sends these functions to the browser as text, so they must not use anything from outside. */
const miniSearch: NonNullable<DefaultTheme.LocalSearchOptions['miniSearch']> = {
  options: {
    // A word ends at a space or a punctuation mark, but error codes such as SIGNATURE_MISMATCH stay whole.
    tokenize: (text: string): string[] => text.split(/[^\p{L}\p{N}_]+/u).filter((word) => word !== ''),
  },
  searchOptions: {
    // The page that explains what somebody looks for comes before the reference.
    boostDocument: (id: string): number => {
      if (id.startsWith('/errors')) return 4;
      return /^\/(?:api|adr)\//.test(id) ? 0.5 : 1;
    },
  },
};

export const search: NonNullable<DefaultTheme.Config['search']> = {
  provider: 'local',
  options: { miniSearch, _render: renderForSearch },
};

/** What VitePress itself sets. It is in the component of its theme, which exports nothing. */
const DEFAULTS = { fuzzy: 0.2, prefix: true, boost: { title: 4, text: 2, titles: 1 } };

/** The settings with which the page reads the index. */
export const MINI_SEARCH_OPTIONS: Options = {
  fields: ['title', 'titles', 'text'],
  storeFields: ['title', 'titles'],
  ...miniSearch.options,
  searchOptions: { ...DEFAULTS, ...miniSearch.searchOptions },
};
