import { createMemoryLedger, createReceiver, type HandlerContext } from '@showpad-webhooks/core';
import { claimOf, createStoreInbox } from '@showpad-webhooks/core/inbox';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createMemoryInboxStore } from '../../src/testing/memory-inbox.ts';

const KEY = 'test-key';
const TYPE = 'shared-space-user-added';

test('the context of each handler leads to its own claim in a ledger', async () => {
  const ledger = createMemoryLedger();
  const receiver = createReceiver({ keys: KEY, ledger });
  const contexts: HandlerContext[] = [];
  receiver.on(TYPE, (_event, context) => contexts.push(context), { name: 'first' });
  receiver.on(TYPE, (_event, context) => contexts.push(context), { name: 'second' });
  await receiver.receive(signedDelivery(TYPE, { key: KEY, id: 'a' }));
  const [first, second] = contexts as [HandlerContext, HandlerContext];
  const claim = { store: ledger, key: 'default:a', fence: expect.any(Number) };
  expect([claimOf(first), claimOf(second)]).toEqual([
    { claim, handlerName: 'first' },
    { claim, handlerName: 'second' },
  ]);
  expect(claimOf(first)?.claim.store).toBe(ledger);
  // Whoever waits for the attempt to be aborted sees it in each context.
  expect(first.signal).toBe(second.signal);
  expect([first.headers, first.receivedAt]).toEqual([second.headers, second.receivedAt]);
});

test('the context of a handler leads to the store of an inbox, and to the fence that is valid', async () => {
  const store = createMemoryInboxStore();
  const receiver = createReceiver({ keys: KEY, inbox: createStoreInbox(store) });
  onTestFinished(() => receiver.close());
  const seen: unknown[] = [];
  receiver.on(TYPE, async function crm(_event, context) {
    const handler = claimOf(context);
    const update = { leaseMs: 1_000, nowMs: Date.now() };
    const fence = handler?.claim.fence ?? -1;
    seen.push(handler?.handlerName, handler?.claim.store === store, handler?.claim.key);
    seen.push(await store.checkpoint({ id: 'a', fence }, update));
  });
  await receiver.start();
  await receiver.receive(signedDelivery(TYPE, { key: KEY, id: 'a' }));
  await vi.waitFor(() => expect(seen).toEqual(['crm', true, 'a', true]));
});

test('a copy of a context leads nowhere', async () => {
  const receiver = createReceiver({ keys: KEY });
  let copy: unknown;
  receiver.on(TYPE, (_event, context) => {
    copy = { ...context };
  });
  await receiver.receive(signedDelivery(TYPE, { key: KEY, id: 'a' }));
  expect(claimOf(copy as HandlerContext)).toBeUndefined();
});

test('an inbox looks for entries at once if its store hears of them', async () => {
  const shared = createMemoryInboxStore();
  let wake = () => {};
  const store = { ...shared, listen: (call: () => void) => (wake = call) };
  const receiver = createReceiver({ keys: KEY, inbox: createStoreInbox(store, { pollMs: 600_000 }) });
  onTestFinished(() => receiver.close());
  const handled: string[] = [];
  receiver.on(TYPE, ({ id }) => handled.push(id));
  await receiver.start();
  const other = createReceiver({ keys: KEY, inbox: createStoreInbox(shared) });
  await other.receive(signedDelivery(TYPE, { key: KEY, id: 'a' }));
  await vi.waitFor(() => {
    wake();
    expect(handled).toEqual(['a']);
  });
});
