import { erasedEntry } from '../inbox/erase.ts';
import type { ClaimedEntry, InboxStore } from '../inbox/store.ts';
import { createStoreInbox, type StoreInboxOptions } from '../inbox/store-inbox.ts';
import { timesOf } from '../inbox/times.ts';
import type { Inbox, InboxEntry, InboxItem, InboxState, InboxTarget } from '../inbox/types.ts';

type Row = { -readonly [Key in keyof ClaimedEntry]: ClaimedEntry[Key] } & {
  state: InboxState;
  generation: number;
  atMs: number;
  bodyBytes: number;
  hasBody: boolean;
  isErased?: boolean;
};

/**
 * An inbox in memory, for tests of handlers. It does all that a durable inbox does, and forgets everything when the process
 * ends.
 *
 * @example
 * ```ts
 * import { createReceiver } from '@showpad-webhooks/core';
 * import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/core/testing';
 *
 * const inbox = createMemoryInbox();
 * const receiver = createReceiver({ keys: 'test-key', inbox });
 * const handled = new Promise((resolve) => receiver.on('shared-space-user-added', resolve));
 * await receiver.start();
 *
 * const delivery = signedDelivery('shared-space-user-added', { key: 'test-key' });
 * console.log((await receiver.receive(delivery)).outcome); // queued
 * await handled;
 * await receiver.close();
 * ```
 */
export function createMemoryInbox(options?: StoreInboxOptions): Inbox {
  return createStoreInbox(createMemoryInboxStore(), {
    clock: () => Math.floor(performance.now()),
    ...options,
  });
}

/** The reference with which `inboxStoreConformance` compares other stores. */
export function createMemoryInboxStore(): InboxStore {
  const rows = new Map<string, Row>();
  let lastFence = 0;
  let erasures = 0;

  const inState = (...states: readonly InboxState[]) =>
    sorted([...rows.values()].filter(({ state }) => states.includes(state)));
  /** The row of an event, or the one that is listed under this id because its own id was erased. */
  const find = (id: string) =>
    rows.get(id) ?? [...rows.values()].find((row) => row.isErased && row.id === id);
  const remove = (found: readonly Row[]) => {
    for (const [id, row] of rows) if (found.includes(row)) rows.delete(id);
  };
  const held = ({ id, fence }: { readonly id: string; readonly fence: number }) => {
    const row = rows.get(id);
    return row?.state === 'leased' && row.fence === fence ? row : undefined;
  };
  const targets = (target: InboxTarget, states: readonly InboxState[], limit: number) => {
    const found = 'id' in target ? [find(target.id) ?? []].flat() : inState(target.state);
    return found.filter(({ state }) => states.includes(state)).slice(0, limit);
  };

  /** Adds a row, unless there is one with this id. Then it says whether that one has another body. */
  function insert(entry: InboxEntry, start: Pick<Row, 'state' | 'atMs' | 'fence' | 'attempt'>) {
    const kept = rows.get(entry.id);
    if (kept) return { isConflict: kept.bodyDigest !== entry.bodyDigest };
    const body = { bodyBytes: entry.body.byteLength, hasBody: true };
    rows.set(entry.id, { ...copy(entry), ...body, generation: 0, done: [], failures: [], ...start });
    return undefined;
  }

  return {
    put(entry, { nowMs }) {
      const state = entry.error ? 'dead' : 'pending';
      return insert(entry, { state, atMs: nowMs, fence: 0, attempt: 0 }) ?? 'stored';
    },

    putClaimed(entry, { nowMs, leaseMs }) {
      const fence = ++lastFence;
      return insert(entry, { state: 'leased', atMs: nowMs + leaseMs, fence, attempt: 1 }) ?? { fence };
    },

    claim({ limit, leaseMs, nowMs, exceptIds }) {
      return inState('pending', 'leased')
        .filter(({ id, atMs }) => atMs <= nowMs && !exceptIds.includes(id))
        .slice(0, limit)
        .map((row) => {
          Object.assign(row, {
            state: 'leased',
            fence: ++lastFence,
            attempt: row.attempt + 1,
            atMs: nowMs + leaseMs,
          });
          const { state: _1, atMs: _2, bodyBytes: _3, hasBody: _4, ...claimed } = row;
          return copy(claimed);
        });
    },

    checkpoint(holding, { handlerName, leaseMs, nowMs }) {
      const row = held(holding);
      if (!row) return false;
      row.atMs = nowMs + leaseMs;
      if (handlerName !== undefined) row.done = [...row.done, handlerName];
      return true;
    },

    settle(holding, outcome) {
      const row = held(holding);
      if (!row) return false;
      row.state = outcome.state;
      row.atMs = outcome.state === 'pending' ? outcome.dueMs : outcome.nowMs;
      row.error = outcome.state === 'done' ? undefined : outcome.error;
      if (outcome.state !== 'done') row.failures = outcome.failures;
      if (outcome.state === 'done' && !outcome.keepBody) {
        row.body = new Uint8Array(0);
        row.hasBody = false;
      }
      return true;
    },

    nextDueMs: ({ exceptIds }) =>
      inState('pending', 'leased').find(({ id }) => !exceptIds.includes(id))?.atMs,

    bringForward({ state, afterMs, toMs, limit }) {
      const found = inState(state).filter(({ atMs }) => atMs > afterMs);
      for (const row of found.slice(0, limit)) row.atMs = toMs;
      return Math.min(found.length, limit);
    },

    list({ state = 'dead', id, limit = 100, cursor = '0' }) {
      if (id !== undefined)
        return { items: [find(id) ?? []].flat().map((row) => toItem(row, true)), next: undefined };
      const found = inState(state).reverse();
      const end = Number(cursor) + limit;
      const items = found.slice(Number(cursor), end).map((row) => toItem(row, false));
      return { items, next: end < found.length ? String(end) : undefined };
    },

    counts() {
      const counts = { pending: 0, leased: 0, done: 0, dead: 0 };
      for (const { state } of rows.values()) counts[state]++;
      return counts;
    },

    retry(target, { nowMs, limit }) {
      const found = targets(target, ['dead', 'done'], Number.POSITIVE_INFINITY)
        .filter(({ hasBody }) => hasBody)
        .slice(0, limit);
      for (const row of found) {
        if (row.state === 'done') row.done = [];
        const again = { state: 'pending', atMs: nowMs, attempt: 0, generation: row.generation + 1 };
        Object.assign(row, again);
      }
      return found.length;
    },

    discard(target, { limit }) {
      const found = targets(target, ['pending', 'dead', 'done'], limit);
      remove(found);
      return found.length;
    },

    erase(id, { nowMs }) {
      const row = find(id);
      if (!row || row.state === 'leased') return row?.state;
      const { state } = row;
      const none = { url: undefined, keyLabel: undefined, error: undefined, failures: [] };
      const body = { body: new Uint8Array(0), hasBody: false };
      Object.assign(row, none, body, erasedEntry(row, ++erasures), { state: 'done', atMs: nowMs });
      return state;
    },

    addDone(id, handlerName) {
      const row = find(id);
      if (row?.state !== 'done' && row?.state !== 'dead') return false;
      row.done = [...row.done, handlerName];
      return true;
    },

    purge({ state, beforeMs, limit }) {
      const found = inState(state).filter(({ atMs }) => atMs < beforeMs);
      remove(found.slice(0, limit));
      return Math.min(found.length, limit);
    },

    health: () => ({ isWritable: true, problems: [] }),
    close() {},
  };
}

/** Sorts by time. Rows of the same time stay in the order in which they came. */
function sorted(rows: Row[]): Row[] {
  return rows.sort((one, other) => one.atMs - other.atMs);
}

function copy<Entry extends InboxEntry>(entry: Entry): Entry {
  return { ...entry, body: Uint8Array.from(entry.body), headers: { ...entry.headers } };
}

function toItem({ fence: _fence, atMs, body, ...row }: Row, withBody: boolean): InboxItem {
  return {
    ...row,
    ...timesOf(row.state, atMs),
    ...(withBody && row.hasBody && { body: Uint8Array.from(body) }),
  };
}
