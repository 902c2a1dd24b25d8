import type { Api, CallOptions } from './api.ts';
import type { Mapping } from './assumptions.ts';
import { clientError } from './error.ts';

export interface PageOptions extends CallOptions {
  /** How many are asked for at once. Default: as many as Showpad gives. */
  readonly pageSize?: number;
}

/** The items of a list, page by page, each page asked for when it is needed. */
export async function* iteratePages<Item>(
  api: Api,
  mapping: Mapping,
  path: string,
  readItem: (item: unknown) => Item,
  { pageSize, ...options }: PageOptions,
): AsyncGenerator<Item, void, undefined> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (;;) {
    const page = await api({
      ...options,
      method: 'GET',
      path,
      query: mapping.pageQuery({ cursor, limit: pageSize }),
      read: (answer) => mapping.readPage(answer, readItem),
    });
    yield* page.items;
    cursor = page.nextCursor;
    if (cursor === undefined) return;
    if (seen.has(cursor)) {
      const detail = 'A page names one that was read already: set assumptions.cursorParameter.';
      throw clientError('UNEXPECTED_ANSWER', `GET ${path} goes round in a circle`, detail);
    }
    seen.add(cursor);
  }
}

export async function toArray<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const array: Item[] = [];
  for await (const item of items) array.push(item);
  return array;
}
