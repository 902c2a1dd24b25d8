import { checkKnown } from '../check.ts';
import { ShowpadApiError } from '../error.ts';
import { type Api, CALL_OPTIONS, type CallOptions } from './api.ts';

export interface PageOptions extends CallOptions {
  /** How many items to ask for at once. Default: Showpad decides. */
  readonly pageSize?: number;
}

interface Page<Item> {
  readonly items: readonly Item[];
  /** Undefined on the last page. */
  readonly nextCursor: string | undefined;
}

/** How a page is asked for, and what it looks like. */
export interface Paging {
  pageQuery(page: {
    readonly cursor: string | undefined;
    readonly limit: number | undefined;
  }): URLSearchParams;
  /** @throws ShowpadApiError `UNEXPECTED_RESPONSE` */
  readPage<Item>(answer: unknown, readItem: (item: unknown) => Item): Page<Item>;
}

/** Reads the items of a list. Each page is requested when its first item is needed. */
export async function* iteratePages<Item>(
  api: Api,
  { pageQuery, readPage }: Paging,
  path: string,
  readItem: (item: unknown) => Item,
  options: PageOptions,
): AsyncGenerator<Item, void, undefined> {
  const { pageSize, ...callOptions } = options;
  checkKnown(options, { pageSize, ...CALL_OPTIONS });
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (;;) {
    const page = await api({
      ...callOptions,
      method: 'GET',
      path,
      query: pageQuery({ cursor, limit: pageSize }),
      read: (answer) => readPage(answer, readItem),
    });
    yield* page.items;
    cursor = page.nextCursor;
    if (cursor === undefined) return;
    if (seen.has(cursor)) {
      throw new ShowpadApiError(
        'UNEXPECTED_RESPONSE',
        `GET ${path} returns the same pages again and again.`,
        {
          hint: 'Showpad probably expects the cursor under another name. Set assumptions.cursorParameter.',
        },
      );
    }
    seen.add(cursor);
  }
}

export async function toArray<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const array: Item[] = [];
  for await (const item of items) array.push(item);
  return array;
}
