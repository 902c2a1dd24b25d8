import type { ClaimResult, Inbox } from '@showpad-webhooks/core';
import { ShowpadWebhookError } from '@showpad-webhooks/core';
import type { InboxConsumer, InboxFailure } from '@showpad-webhooks/core/inbox';
import { createSqliteInbox, createSqliteLedger, type SqliteInboxOptions } from '@showpad-webhooks/sqlite';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../src/connection.ts';
import type { MachineClock } from '../src/steady-clock.ts';
import { entryOf, newFile, openElsewhere } from './support.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const STEPS_MS = [40_000, -3_600_000, 31 * DAY_MS, -31 * DAY_MS];

afterEach(() => void vi.useRealTimers());

/** Sets the wall clock of this process. Timers and the clock that never steps go on. */
function stepTo(nowMs: number): void {
  vi.useFakeTimers({ now: nowMs, toFake: ['Date'] });
}

function open(options: Partial<SqliteInboxOptions> = {}): Inbox {
  const inbox = createSqliteInbox({ file: newFile(), pollMs: 5, ...options } as SqliteInboxOptions);
  onTestFinished(() => inbox.close({ timeoutMs: 0 }));
  return inbox;
}

const quiet = { onDead() {}, onError() {} };

function failure(): InboxFailure {
  const error = new ShowpadWebhookError('HANDLER_FAILED', 'The CRM is down.', { hint: 'None.' });
  return { error, isFinal: false, kept: { code: 'HANDLER_FAILED', message: 'The CRM is down.' } };
}

describe('a step of the wall clock', () => {
  test.each(STEPS_MS)('of %i ms while a handler runs does not run it twice at once', async (stepMs) => {
    const file = newFile();
    const [one, other] = [open({ file }), open({ file })];
    const begun: string[] = [];
    let end = () => {};
    const process: InboxConsumer['process'] = async ({ id }) => {
      begun.push(id);
      if (id === 'slow') await new Promise<void>((resolve) => (end = resolve));
      return undefined;
    };
    for (const inbox of [one, other]) await inbox.start({ ...quiet, process });
    await one.put(entryOf('slow'));
    await vi.waitFor(() => expect(begun).toEqual(['slow']));
    stepTo(Date.now() + stepMs);
    // When these are done, both inboxes have looked for entries again.
    for (let number = 0; number < 20; number++) await other.put(entryOf(`quick ${number}`));
    await vi.waitFor(async () => expect((await one.counts()).done).toBe(20));
    expect(begun.filter((id) => id === 'slow')).toHaveLength(1);
    end();
    await vi.waitFor(async () => expect(await one.counts()).toMatchObject({ done: 21, leased: 0 }));
  });

  test('back, after a failure, does not make the event wait', async () => {
    const nowMs = Date.now();
    stepTo(nowMs + 3_600_000);
    const inbox = open({ backoff: () => 1 });
    let attempts = 0;
    const process = async () => (++attempts === 1 ? failure() : undefined);
    await inbox.start({ ...quiet, process });
    await inbox.put(entryOf('1'));
    await vi.waitFor(() => expect(attempts).toBeGreaterThan(0));
    stepTo(nowMs);
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
  });

  test('back does not keep what a process that died was holding', async () => {
    const file = newFile();
    const nowMs = Date.now();
    stepTo(nowMs + 3_600_000);
    const dead = createSqliteInbox({ file, leaseMs: 50 });
    await dead.put(entryOf('1'));
    const taken = new Promise<void>((resolve) => {
      const process = () => {
        resolve();
        return new Promise<undefined>(() => {});
      };
      void dead.start({ ...quiet, process });
    });
    await taken;
    await dead.close({ timeoutMs: 0 });
    stepTo(nowMs);
    const inbox = open({ file, leaseMs: 50 });
    await inbox.start({ ...quiet, process: async () => undefined });
    await vi.waitFor(async () => expect(await inbox.counts()).toMatchObject({ done: 1 }));
    expect((await inbox.health()).problems).toEqual([]);
  });

  test('of 31 days, at the start, purges nothing', async () => {
    const file = newFile();
    const before = createSqliteInbox({ file });
    const error = { code: 'BODY_INVALID', message: 'It is no JSON.' };
    await before.put({ ...entryOf('invalid:1'), error });
    await before.close({ timeoutMs: 0 });
    stepTo(Date.now() + 31 * DAY_MS);
    const after = open({ file });
    await after.start({ ...quiet, process: async () => undefined });
    expect(await after.purge()).toBe(0);
    expect(await after.counts()).toMatchObject({ dead: 1 });
  });

  test.each([-DAY_MS, DAY_MS])('of %i ms changes what people see, and no order', async (stepMs) => {
    const inbox = open();
    await inbox.put(entryOf('first'));
    stepTo(Date.now() + stepMs);
    await inbox.put(entryOf('second'));
    const { items } = await inbox.list({ state: 'pending' });
    expect(items.map(({ id }) => id)).toEqual(['second', 'first']);
    for (const { dueAtMs } of items) expect(Math.abs(Number(dueAtMs) - Date.now())).toBeLessThan(MINUTE_MS);
  });

  test.each([49 * 3_600_000, -3_600_000])('of %i ms lets no ledger forget or give away', async (stepMs) => {
    const file = newFile();
    const [one, other] = [createSqliteLedger({ file }), createSqliteLedger({ file })];
    for (const ledger of [one, other]) onTestFinished(() => ledger.close());
    const claim = (key: string): ClaimResult | Promise<ClaimResult> =>
      one.claim({ key, bodyDigest: 1, leaseMs: MINUTE_MS });
    const done = await claim('done');
    if (done.status !== 'claimed') throw new Error('It was not claimed.');
    await one.complete({ key: 'done', fence: done.fence });
    await claim('running');
    stepTo(Date.now() + stepMs);
    for (const ledger of [one, other]) {
      const request = { bodyDigest: 1, leaseMs: MINUTE_MS };
      expect(await ledger.claim({ key: 'done', ...request })).toMatchObject({ status: 'completed' });
      expect(await ledger.claim({ key: 'running', ...request })).toMatchObject({ status: 'in-progress' });
    }
  });
});

describe('the clock of a database', () => {
  /** A machine that can be restarted. */
  function machine(bootId = 'boot 1'): MachineClock & { upMs: number; bootId: string } {
    return {
      upMs: 5_000,
      bootId,
      now() {
        return this.upMs;
      },
    };
  }

  function opened(file: string, on: MachineClock) {
    const connection = connect({ file }, on);
    onTestFinished(() => connection.close());
    return connection;
  }

  const nothing = () => undefined;

  test('is the same in every process that has it open', () => {
    const file = newFile();
    const own = machine();
    const one = opened(file, own);
    own.upMs += 60_000;
    const other = opened(file, own);
    expect(other.now()).toBe(one.now());
    own.upMs += 1;
    expect(other.now()).toBe(one.now());
  });

  test('goes on while no process has it open, if the machine does', () => {
    const file = newFile();
    const own = machine();
    const before = connect({ file }, own);
    const closedAtMs = before.now();
    before.close();
    own.upMs += 60_000;
    expect(opened(file, own).now()).toBe(closedAtMs + 60_000);
  });

  test.each([
    ['with another boot id', 'boot 2', 10 * DAY_MS],
    ['that has no boot id', 'boot 1', 1_000],
  ])(
    'goes on from the last time that was noted after a restart of a machine %s',
    async (_what, bootId, upMs) => {
      const file = newFile();
      const own = machine();
      const before = connect({ file }, own);
      own.upMs += DAY_MS;
      await before.write(nothing);
      const notedMs = before.now();
      own.upMs += 999;
      await before.write(nothing);
      before.close();
      Object.assign(own, { bootId, upMs });
      const after = opened(file, own);
      expect(after.now()).toBe(notedMs);
      own.upMs += 1_000;
      expect(opened(file, own).now()).toBe(notedMs + 1_000);
      expect(after.now()).toBe(notedMs + 1_000);
    },
  );

  test('is the clock of the machine, which two processes share', () => {
    const file = newFile();
    const [one, other] = [connect({ file }), connect({ file })];
    for (const connection of [one, other]) onTestFinished(() => connection.close());
    expect(Math.abs(one.now() - other.now())).toBeLessThan(1_000);
    const [row] = openElsewhere(file).prepare('SELECT boot_id FROM showpad_webhooks').all() as object[];
    expect(row).toMatchObject({ boot_id: expect.stringMatching(/./) });
  });
});
