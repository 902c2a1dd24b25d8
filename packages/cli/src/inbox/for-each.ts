/** How many calls wait for the store at the same time. SQLite commits them together, and a server answers them in one go. */
const PARALLEL = 16;

export interface ForEachOptions {
  readonly signal: AbortSignal;
  /** Called after each item, with how many are finished. */
  readonly onProgress?: ((finished: number) => void) | undefined;
}

/** Does something for each item, several at once. It begins nothing more when the signal aborts. */
export async function forEach<Item>(
  items: readonly Item[],
  run: (item: Item) => Promise<void>,
  { signal, onProgress }: ForEachOptions,
): Promise<void> {
  let next = 0;
  let finished = 0;
  const lane = async () => {
    while (next < items.length && !signal.aborted) {
      await run(items[next++] as Item);
      onProgress?.(++finished);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, lane));
}
