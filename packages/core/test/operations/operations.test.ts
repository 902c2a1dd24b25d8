import { createReceiver, type Inbox, PermanentError, type Receiver } from '@showpad-webhooks/core';
import {
  attemptsOf,
  changeEntries,
  findEntry,
  INBOX_STATES,
  readStatus,
  retryOutcomes,
  selectEntries,
  selectPage,
  whyNotChange,
} from '@showpad-webhooks/core/operations';
import { createMemoryInbox, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { entryOf } from '../../src/testing/inbox-store-conformance.ts';
import { heldHandler, NOW_MS, settled, startTime, stopTime } from '../support.ts';

const TYPE = 'shared-space-user-added';

interface Filled {
  readonly inbox: Inbox;
  readonly receiver: Receiver;
}

/** An inbox in which the handler "crm" has failed for each of the ids, in their order, unless `fails` says otherwise. */
async function filled(ids: readonly string[], fails: () => boolean = () => true): Promise<Filled> {
  const inbox = createMemoryInbox();
  const receiver = createReceiver({ keys: 'key', inbox });
  const handler = () => {
    if (fails()) throw new PermanentError('The CRM is down.');
  };
  receiver.on(TYPE, handler, { name: 'crm' });
  onTestFinished(() => receiver.close());
  await receiver.start();
  for (const [index, id] of ids.entries()) {
    await receiver.receive(signedDelivery({ ...sampleEvent(TYPE), id }, { key: 'key' }));
    await vi.waitUntil(async () => (await inbox.counts()).dead === index + 1);
  }
  return { inbox, receiver };
}

async function idsOf(entries: AsyncIterable<{ readonly id: string }>): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { id } of entries) ids.push(id);
  return ids;
}

test('entries are selected by what is known of them, each once although it is listed twice', async () => {
  const { inbox } = await filled(['one', 'two', 'three']);
  const entries = selectEntries(inbox, {
    state: 'dead',
    matches: ({ id, error }) => error?.handlerName === 'crm' && id !== 'two',
  });
  expect((await idsOf(entries)).toSorted()).toEqual(['one', 'three']);

  // While the app works, an entry may move from one page to the next.
  const list: Inbox['list'] = async ({ cursor } = {}) => {
    const { items } = await inbox.list({ state: 'dead' });
    return { items, next: cursor === undefined ? 'the same entries again' : undefined };
  };
  expect(await idsOf(selectEntries({ list }, { state: 'dead' }))).toHaveLength(3);
  expect(await idsOf(selectEntries(inbox, { state: 'dead' }, { limit: 1 }))).toHaveLength(1);
});

test('a page says how many entries it looked at, and ends where all that follows is too old', async () => {
  const { inbox } = await filled(['one', 'two', 'three']);
  const [first] = (await selectPage(inbox, { state: 'dead' }, { limit: 1 })).items;
  const page = await selectPage(
    inbox,
    { state: 'dead', sinceMs: Number(first?.settledAtMs) + 1 },
    { limit: 2 },
  );
  expect(page).toEqual({ items: [], looked: 2, next: undefined });
  const all = await selectPage(inbox, { state: 'dead', matches: ({ id }) => id === 'two' }, { limit: 2 });
  expect(all).toMatchObject({ looked: 2, next: expect.any(String) });
});

/** An inbox with dead entries, each with the time at which its event arrived and the one at which it died. */
async function withDead(entries: readonly (readonly [id: string, arrivedMs: number, diedMs: number])[]) {
  stopTime();
  onTestFinished(startTime);
  const inbox = createMemoryInbox({ clock: Date.now });
  for (const [id, arrivedMs, diedMs] of entries) {
    vi.setSystemTime(diedMs);
    await inbox.put(entryOf({ id, receivedAtMs: arrivedMs, error: { code: 'X', message: 'No.' } }));
  }
  return inbox;
}

test('what is settled is selected by when it was settled, and not by when it arrived', async () => {
  const inbox = await withDead([
    ['early', NOW_MS, NOW_MS + 1],
    ['late', NOW_MS, NOW_MS + 3],
  ]);
  const page = await selectPage(inbox, { state: 'dead', sinceMs: NOW_MS + 2 });
  expect(page).toMatchObject({ items: [{ id: 'late' }], looked: 2 });
});

test('a page ends the selection if one of its entries is too old, and not if one is just new enough', async () => {
  const inbox = await withDead([
    ['too old', NOW_MS, NOW_MS],
    ['old', NOW_MS, NOW_MS],
    ['same time', NOW_MS, NOW_MS + 1],
    ['just new enough', NOW_MS, NOW_MS + 1],
    ['new', NOW_MS, NOW_MS + 2],
  ]);
  const selection = { state: 'dead', sinceMs: NOW_MS + 1 } as const;
  const first = await selectPage(inbox, selection, { limit: 2 });
  expect(first.items.map(({ id }) => id)).toEqual(['new', 'just new enough']);
  expect(first.next).toBeDefined();
  const second = await selectPage(inbox, selection, { limit: 2, cursor: first.next });
  expect(second.items.map(({ id }) => id)).toEqual(['same time']);
  expect(second.next).toBeUndefined();
});

test('entries are selected page after page, until the operator stops it', async () => {
  const inbox = createMemoryInbox();
  for (let index = 0; index < 201; index++) {
    await inbox.put(entryOf({ id: `${index}`, error: { code: 'X', message: 'No.' } }));
  }
  expect(await idsOf(selectEntries(inbox, { state: 'dead' }))).toHaveLength(201);
  const stop = new AbortController();
  const { signal } = stop;
  expect(await idsOf(selectEntries(inbox, { state: 'dead' }, { signal }))).toHaveLength(201);
  stop.abort();
  expect(await idsOf(selectEntries(inbox, { state: 'dead' }, { signal }))).toHaveLength(200);
});

test('the states are those that an inbox counts', async () => {
  expect(INBOX_STATES.toSorted()).toEqual(Object.keys(await createMemoryInbox().counts()).toSorted());
});

test('an entry that was deleted since it was shown is not changed', async () => {
  const { inbox } = await filled(['one']);
  const one = await findEntry(inbox, 'one');
  if (!one) throw new Error('expected an entry');
  await inbox.discard({ id: 'one' });
  const onEntry = vi.fn();
  await changeEntries(inbox, [one], 'retry', { onEntry });
  expect(onEntry).toHaveBeenCalledWith(one, expect.stringMatching(/^It has changed/));
});

test('an entry that somebody else changes at the same moment is not changed', async () => {
  const { inbox } = await filled(['one']);
  const one = await findEntry(inbox, 'one');
  if (!one) throw new Error('expected an entry');
  const refusals: unknown[] = [];
  const onEntry = (_: unknown, refusal: string | undefined) => refusals.push(refusal);
  await changeEntries({ ...inbox, discard: async () => 0 }, [one], 'discard', { onEntry });
  expect(refusals).toEqual(['It has changed since it was listed, or it cannot be read.']);
});

test('an entry is changed only if it still is what the operator saw', async () => {
  let isDown = true;
  const { inbox } = await filled(['one', 'two'], () => isDown);
  isDown = false;
  const one = await findEntry(inbox, 'one');
  const two = await findEntry(inbox, 'two');
  if (!one || !two) throw new Error('expected two entries');
  const refusals = new Map<string, string | undefined>();
  const options = {
    onEntry: ({ id }: { readonly id: string }, refusal: string | undefined) => refusals.set(id, refusal),
  };
  await changeEntries(inbox, [one], 'retry', options);
  await vi.waitUntil(async () => (await inbox.counts()).done === 1);
  expect(await retryOutcomes(inbox, ['one', 'two', 'none'])).toMatchObject(
    new Map([
      ['one', { outcome: 'done' }],
      ['two', { outcome: 'dead' }],
      ['none', { outcome: 'gone', now: undefined }],
    ]),
  );
  expect(refusals.get('one')).toBeUndefined();

  await changeEntries(inbox, [one], 'discard', options);
  expect(refusals.get('one')).toMatch(/has changed since it was listed/);
  await changeEntries(inbox, [{ ...one, state: 'done' }], 'retry', options);
  expect(refusals.get('one')).toMatch(/body was deleted/);
  await changeEntries(inbox, [two], 'discard', options);
  expect(refusals.get('two')).toBeUndefined();
  expect(await readStatus(inbox)).toMatchObject({ done: 1, dead: 0, lagMs: 0, problems: [] });
});

test.each([
  ['retry', 'pending', /It is pending/],
  ['retry', 'leased', /handling it at this moment/],
  ['discard', 'leased', /handling it at this moment/],
  ['discard', 'pending', undefined],
] as const)('%s of a %s entry: %s', (change, state, refusal) => {
  const why = whyNotChange({ state, hasBody: true }, change);
  if (refusal) expect(why).toMatch(refusal);
  else expect(why).toBeUndefined();
});

test('changes stop when they are asked to, or when the store has failed', async () => {
  const { inbox } = await filled([]);
  const entries = Array.from({ length: 40 }, (_, index) => ({
    id: `${index}`,
    state: 'dead' as const,
  }));
  const onEntry = vi.fn();
  await changeEntries(inbox, entries, 'retry', { onEntry, signal: AbortSignal.abort() });
  expect(onEntry).not.toHaveBeenCalled();
  const list = vi.fn(async () => {
    throw new Error('The store is away.');
  });
  await expect(changeEntries({ ...inbox, list }, entries, 'retry', { onEntry })).rejects.toThrow('is away');
  expect(list.mock.calls.length).toBeLessThan(entries.length);
});

test('after the store has failed once, no further entry is changed although it works again', async () => {
  const inbox = createMemoryInbox();
  const entries = Array.from({ length: 100 }, (_, index) => ({ id: `${index}`, state: 'dead' as const }));
  const list: Inbox['list'] = async ({ id } = {}) => {
    if (id === '0') throw new Error('The store is away.');
    return { items: [], next: undefined };
  };
  const onEntry = vi.fn();
  await expect(changeEntries({ ...inbox, list }, entries, 'retry', { onEntry })).rejects.toThrow('is away');
  await settled();
  expect(onEntry.mock.calls.length).toBeLessThan(50);
});

test('an entry waits until the app has tried it, and has failed if it will be tried again', async () => {
  const inbox = createMemoryInbox();
  const storing = createReceiver({ keys: 'key', inbox });
  await storing.receive(signedDelivery({ ...sampleEvent(TYPE), id: 'one' }, { key: 'key' }));
  const outcome = async () => (await retryOutcomes(inbox, ['one'])).get('one')?.outcome;
  expect(await outcome()).toBe('waiting');
  const arrivedBefore = { state: 'pending', sinceMs: Number.POSITIVE_INFINITY } as const;
  expect((await selectPage(inbox, arrivedBefore)).items).toEqual([]);

  const handling = createReceiver({ keys: 'key', inbox });
  onTestFinished(() => handling.close());
  handling.on(TYPE, () => {
    throw new Error('The CRM is down.');
  });
  await handling.start();
  await vi.waitUntil(async () => (await outcome()) === 'failed');
});

test('an entry whose handlers run waits, in its first attempt too', async () => {
  const inbox = createMemoryInbox();
  const { handler, run, runs } = heldHandler();
  const receiver = createReceiver({ keys: 'key', inbox, on: { [TYPE]: handler } });
  onTestFinished(() => receiver.close());
  await receiver.start();
  await receiver.receive(signedDelivery({ ...sampleEvent(TYPE), id: 'one' }, { key: 'key' }));
  await runs.has(1);
  expect((await retryOutcomes(inbox, ['one'])).get('one')).toMatchObject({
    outcome: 'waiting',
    now: { state: 'leased', attempt: 1 },
  });
  run(0).resolve();
});

test('the attempts of an entry are those that failed, and those that left nothing', () => {
  const failed = (attempt: number, generation = 0) => ({
    attempt,
    generation,
    code: 'HANDLER_FAILED',
    message: 'The CRM is down.',
    startedAtMs: 0,
    endedAtMs: 1,
  });
  const shown = (item: Omit<Parameters<typeof attemptsOf>[0], 'generation'>, generation = 0) =>
    attemptsOf({ ...item, generation }).map((each) => [each.generation, each.attempt, each.outcome]);

  expect(shown({ state: 'pending', attempt: 0, failures: [] })).toEqual([]);
  expect(shown({ state: 'done', attempt: 1, failures: [] })).toEqual([[0, 1, 'done']]);
  // The process died in the first and in the third attempt.
  expect(shown({ state: 'pending', attempt: 3, failures: [failed(2)] })).toEqual([
    [0, 1, 'lost'],
    [0, 2, 'failed'],
    [0, 3, 'lost'],
  ]);
  // The process died in the first attempt, and its second one runs now, or has worked.
  for (const [state, outcome] of [
    ['leased', 'running'],
    ['done', 'done'],
  ] as const) {
    expect(shown({ state, attempt: 2, failures: [] })).toEqual([
      [0, 1, 'lost'],
      [0, 2, outcome],
    ]);
  }
  const retried = [failed(1), failed(2), failed(1, 1)];
  expect(shown({ state: 'leased', attempt: 2, failures: retried }, 1)).toEqual([
    [0, 1, 'failed'],
    [0, 2, 'failed'],
    [1, 1, 'failed'],
    [1, 2, 'running'],
  ]);
  expect(shown({ state: 'pending', attempt: 0, failures: retried }, 2)).toHaveLength(3);
  // The first retry by hand worked, and what was done was retried once more.
  expect(shown({ state: 'dead', attempt: 1, failures: [failed(1), failed(1, 2)] }, 2)).toEqual([
    [0, 1, 'failed'],
    [2, 1, 'failed'],
  ]);
  expect(shown({ state: 'done', attempt: 2, failures: [], isErased: true })).toEqual([]);
  // Earlier ones are not kept, so they are not lost.
  const latest = Array.from({ length: 20 }, (_, index) => failed(index + 6));
  expect(shown({ state: 'dead', attempt: 25, failures: latest }).at(0)).toEqual([0, 6, 'failed']);
  // Only of the generation in which they begin: of the next one, the first attempt was lost.
  expect(
    shown({ state: 'dead', attempt: 2, failures: [...latest.slice(1), failed(2, 1)] }, 1).slice(-3),
  ).toEqual([
    [0, 25, 'failed'],
    [1, 1, 'lost'],
    [1, 2, 'failed'],
  ]);
});
