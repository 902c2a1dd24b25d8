import { ApiError } from '@showpad-webhooks/ui/state/api.ts';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EntriesView, EntryView } from '../../../src/api/views.ts';
import { get } from './api.ts';
import type { Route } from './route.ts';
import { getState } from './store.ts';

const PAGE = 50;
/** While somebody types, nothing is searched yet. */
const TYPING_MS = 250;

export interface Entries {
  readonly items: readonly EntryView[];
  /** How many entries the search has looked at. */
  readonly looked: number;
  readonly isLoading: boolean;
  readonly hasMore: boolean;
  readonly error: ApiError | undefined;
  /** Whether further pages were loaded. */
  readonly isExtended: boolean;
  more(): void;
  stop(): void;
  reload(): void;
}

interface Loaded {
  readonly items: readonly EntryView[];
  readonly looked: number;
  readonly next: string | null;
}

const NOTHING: Loaded = { items: [], looked: 0, next: null };

/** Loads the entries that a route shows, page after page, until a page is full. */
export function useEntries(route: Route): Entries {
  const { state, type, handler, error: code, within, id } = route;
  const [loaded, setLoaded] = useState(NOTHING);
  const [isLoading, setLoading] = useState(true);
  const [isExtended, setExtended] = useState(false);
  const [error, setError] = useState<ApiError>();
  const running = useRef<AbortController>(null);

  async function load(from: Loaded, wanted: number): Promise<void> {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setLoading(true);
    setError(undefined);
    const items = new Map(from.items.map((item) => [item.id, item]));
    let { looked } = from;
    try {
      for await (const page of pages(route, from.next, controller.signal)) {
        if (controller.signal.aborted) return;
        // While the app works, an entry may move from one page to the next.
        for (const item of page.items) items.set(item.id, item);
        looked += page.looked;
        setLoaded({ items: [...items.values()], looked, next: page.next });
        if (items.size >= wanted) break;
      }
    } catch (cause) {
      if (controller.signal.aborted) return;
      setError(cause instanceof ApiError ? cause : new ApiError('This page failed', String(cause)));
    }
    setLoading(false);
  }

  function reload(): void {
    setExtended(false);
    void load(NOTHING, PAGE);
  }

  // What is open changes nothing in the list.
  useEffect(() => {
    setLoaded(NOTHING);
    setLoading(true);
    const timer = setTimeout(reload, type || handler || code || id ? TYPING_MS : 0);
    return () => {
      clearTimeout(timer);
      running.current?.abort();
    };
  }, [state, type, handler, code, within, id]);

  return {
    items: loaded.items,
    looked: loaded.looked,
    hasMore: loaded.next !== null,
    isLoading,
    isExtended,
    error,
    more() {
      setExtended(true);
      void load(loaded, loaded.items.length + PAGE);
    },
    stop() {
      running.current?.abort();
      setLoading(false);
    },
    reload,
  };
}

/** Asks for the entries of a route, page after page, from a cursor on. */
export async function* pages(
  { state, type, handler, error, within, id }: Route,
  from: string | null,
  signal: AbortSignal,
  wanted: number = PAGE,
): AsyncGenerator<EntriesView> {
  // By the clock of the server, because the one of this machine may be wrong.
  const since = within === '' ? undefined : (getState().status?.nowMs ?? Date.now()) - Number(within);
  let cursor = from;
  do {
    const query = { state, type, handler, error, id, since, wanted, cursor: cursor ?? undefined };
    const page = await get<EntriesView>('entries', query, signal);
    yield page;
    cursor = page.next;
  } while (cursor !== null);
}
