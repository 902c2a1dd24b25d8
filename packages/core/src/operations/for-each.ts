/** How many calls wait for the store at the same time. SQLite commits them together, and a server answers them in one go. */
const PARALLEL = 16;

/** Does something for each item, several at once. It begins nothing more when the signal aborts, or when something has failed. */
export async function forEach<Item>(
  items: readonly Item[],
  run: (item: Item) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < items.length && !signal?.aborted) await run(items[next++] as Item);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, lane)).finally(() => {
    next = items.length;
  });
}
