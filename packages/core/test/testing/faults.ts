import type { InboxStore } from '@showpad-webhooks/core/inbox';
import type { ConformanceCase } from '@showpad-webhooks/core/testing';

type Entry = Parameters<InboxStore['put']>[0];

/** What a store does in another way than a good one. */
export type StoreFault = (good: InboxStore) => Partial<InboxStore>;

/** Runs one case of a suite. */
export function runCase(cases: readonly ConformanceCase[], name: string): Promise<void> {
  const found = cases.find((each) => each.name === name);
  if (!found) throw new Error(`There is no case "${name}".`);
  return found.run();
}

/** Makes every entry another one when it is put. */
export function changing(change: (entry: Entry) => Entry): StoreFault {
  return (good) => ({
    put: (entry, at) => good.put(change(entry), at),
    putClaimed: (entry, at) => good.putClaimed?.(change(entry), at) as never,
  });
}

export const withIds = (idOf: (id: string) => string): StoreFault =>
  changing((entry) => ({ ...entry, id: idOf(entry.id) }));
export const asText: StoreFault = changing((entry) => ({
  ...entry,
  body: Buffer.from(Buffer.from(entry.body).toString()),
}));
export const neverDeletesBodies: StoreFault = (good) => ({
  settle: (holding, outcome) =>
    good.settle(holding, outcome.state === 'done' ? { ...outcome, keepBody: true } : outcome),
});
export const forgetsHandlers: StoreFault = (good) => ({
  checkpoint: (holding, { handlerName: _, ...rest }) => good.checkpoint(holding, rest),
});
export const noConflicts: StoreFault = (good) => ({
  put: async (entry, at) => ((await good.put(entry, at)) === 'stored' ? 'stored' : { isConflict: false }),
});
/** Looks whether an entry is there and then adds it, in two steps. */
export const putsInTwoSteps: StoreFault = (good) => ({
  async put(entry, at) {
    const { items } = await good.list({ id: entry.id });
    if (items.length > 0) return { isConflict: false };
    await good.put(entry, at);
    return 'stored';
  },
  putClaimed: undefined as never,
});
