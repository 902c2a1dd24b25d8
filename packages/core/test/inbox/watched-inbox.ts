import type { Inbox } from '@showpad-webhooks/core';
import {
  createStoreInbox,
  type InboxStore,
  type SettledOutcome,
  type StoreInboxOptions,
} from '@showpad-webhooks/core/inbox';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';
import { type Journal, journal } from '../support.ts';

export interface WatchedInbox {
  readonly inbox: Inbox;
  readonly store: InboxStore;
  /** How attempts at entries ended, as the store kept it. */
  readonly outcomes: Journal<SettledOutcome>;
}

/** An inbox in memory that shows when it settles an entry. */
export function watchedInbox(options?: StoreInboxOptions, changes?: Partial<InboxStore>): WatchedInbox {
  const outcomes = journal<SettledOutcome>();
  const memory = { ...createMemoryInboxStore(), ...changes };
  const store: InboxStore = {
    ...memory,
    async settle(holding, outcome) {
      const isSettled = await memory.settle(holding, outcome);
      if (isSettled) outcomes.add(outcome);
      return isSettled;
    },
  };
  return { inbox: createStoreInbox(store, options), store, outcomes };
}
