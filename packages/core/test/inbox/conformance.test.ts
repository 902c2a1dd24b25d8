import { createStoreInbox } from '@showpad-webhooks/core/inbox';
import { inboxConformance, inboxStoreConformance } from '@showpad-webhooks/core/testing';
import { describe, test } from 'vitest';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';

describe('the store in memory conforms', () => {
  for (const { name, run } of inboxStoreConformance(createMemoryInboxStore)) test(name, run);
});

describe('an inbox on a store conforms', () => {
  const stores = new Map<string, ReturnType<typeof createMemoryInboxStore>>();
  const create: Parameters<typeof inboxConformance>[0] = (options) => {
    const { name = 'default' } = options;
    const store = stores.get(name) ?? createMemoryInboxStore();
    stores.set(name, store);
    return createStoreInbox(store, { ...options, pollMs: 5 });
  };
  for (const { name, run } of inboxConformance(create)) test(name, run);
});
