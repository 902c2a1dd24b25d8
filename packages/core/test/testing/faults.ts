import type { Inbox } from '@showpad-webhooks/core';
import {
  createStoreInbox,
  type InboxConsumer,
  type InboxOptions,
  type InboxStore,
} from '@showpad-webhooks/core/inbox';
import type { ConformanceCase } from '@showpad-webhooks/core/testing';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';

type Entry = Parameters<InboxStore['put']>[0];

/** What a store does in another way than a good one. */
export type StoreFault = (good: InboxStore) => Partial<InboxStore>;

/** What an inbox does in another way than a good one. */
export type InboxFault = (good: Inbox) => Partial<Inbox>;

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
export const takesTheLatestFirst: StoreFault = (good) => ({
  async claim(request) {
    const { items } = await good.list({ state: 'pending', limit: 100 });
    return good.claim({ ...request, exceptIds: items.slice(1).map(({ id }) => id) });
  },
});

/** Makes inboxes that share the store of their name, as processes would. */
export function inboxesOn(fault: StoreFault = () => ({}), inboxFault: InboxFault = () => ({})) {
  const stores = new Map<string, InboxStore>();
  return (options: InboxOptions): Inbox => {
    const { name = 'default' } = options;
    const good = stores.get(name) ?? createMemoryInboxStore();
    stores.set(name, good);
    // The clock goes on if a test moves the wall clock.
    const clock = () => Math.floor(performance.now());
    const inbox = createStoreInbox({ ...good, ...fault(good) }, { ...options, pollMs: 5, clock });
    return { ...inbox, ...inboxFault(inbox) };
  };
}

/** Hands the jobs of an inbox over in another way. */
export function consuming(change: (to: InboxConsumer) => Partial<InboxConsumer>): InboxFault {
  return (good) => ({ start: (to) => good.start({ ...to, ...change(to) }) });
}

/** Cuts each text of an error, or of a failure. */
export function cut<Texts extends object>(texts: Texts): Texts {
  const short = Object.entries(texts).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.slice(0, 2) : value,
  ]);
  return Object.fromEntries(short);
}

export const changesLineBreaks: StoreFault = changing(({ body, ...entry }) => {
  const latin1 = Buffer.from(body).toString('latin1');
  return { ...entry, body: Buffer.from(latin1.replaceAll('\n', '\r\n'), 'latin1') };
});
