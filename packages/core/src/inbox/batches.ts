/** How many entries one call of a store changes, so that no call takes long. */
const BATCH = 500;

/** Calls a store until a batch is not full. Resolves to the number of entries that were changed. */
export async function inBatches(change: (limit: number) => Promise<number> | number): Promise<number> {
  let count = 0;
  for (;;) {
    const changed = await change(BATCH);
    count += changed;
    if (changed < BATCH) return count;
  }
}
