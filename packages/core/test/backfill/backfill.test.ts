import { createReceiver, type Inbox, PermanentError, type ShowpadEvent } from '@showpad-webhooks/core';
import { type BackfillReport, backfill } from '@showpad-webhooks/core/backfill';
import type { StoreInboxOptions } from '@showpad-webhooks/core/inbox';
import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/core/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod';
import { entryOf } from '../../src/testing/inbox-store-conformance.ts';
import { journal, KEY, memoryLogger, startTime, stopTime, TYPE } from '../support.ts';

interface App {
  readonly inbox: Inbox;
  /** The ids of the events that the handler of the app has handled. */
  readonly handled: readonly string[];
  deliver(...ids: readonly string[]): Promise<void>;
}

/** An app with a handler "crm". It does not handle events whose id begins with "dead". */
async function startApp(options?: StoreInboxOptions): Promise<App> {
  const inbox = createMemoryInbox({ keepDoneBodies: true, concurrency: 1, ...options });
  const receiver = createReceiver({ keys: KEY, inbox });
  const handled: string[] = [];
  receiver.onAny(async function crm({ id }) {
    handled.push(id);
    if (id.startsWith('dead')) throw new PermanentError('There is no such deal.');
  });
  receiver.onError(() => {});
  await receiver.start();
  onTestFinished(() => receiver.close());
  let delivered = 0;
  return {
    inbox,
    handled,
    async deliver(...ids) {
      for (const id of ids) {
        const type = id.startsWith('other') ? 'other' : TYPE;
        await receiver.receive(signedDelivery({ ...SAMPLE, type, id }, { key: KEY }));
        delivered++;
        await vi.waitFor(async () => {
          const { done, dead } = await inbox.counts();
          expect(done + dead).toBe(delivered);
        });
      }
    },
  };
}

const SAMPLE = { specversion: '1.0', data: { invitee: { email: 'jane@example.com' } } };
const LATER = () => Date.now() + 60_000;
const NOTHING: BackfillReport = { missed: 0, handled: 0, failed: 0, alreadyDone: 0, withoutBody: 0 };

test('runs only the new handler over what is done or dead, the oldest first, and once', async () => {
  const { inbox, handled, deliver } = await startApp();
  await deliver('1', 'dead 2', 'other', '3');
  const seen: unknown[] = [];
  const reports: BackfillReport[] = [];
  const options = {
    type: TYPE,
    name: 'sync',
    handler: (event: ShowpadEvent, context: { readonly attempt: number; readonly rawBody: Uint8Array }) =>
      void seen.push([
        event.id,
        event.data,
        context.attempt,
        Buffer.from(context.rawBody).includes(event.id),
      ]),
    liveSinceMs: LATER(),
    ratePerSecond: 1_000,
    onProgress: (report: BackfillReport) => void reports.push(report),
  } as const;

  expect(await backfill(inbox, { ...options, isDryRun: true })).toEqual({ ...NOTHING, missed: 3 });
  expect(seen).toEqual([]);
  const before = await inbox.counts();
  expect(await backfill(inbox, options)).toEqual({ ...NOTHING, missed: 3, handled: 3 });
  expect(seen).toEqual(['1', 'dead 2', '3'].map((id) => [id, SAMPLE.data, 1, true]));
  expect(reports.map((report) => report.handled)).toEqual([1, 2, 3]);
  expect(await inbox.counts(), 'every entry stays what it was').toEqual(before);
  expect(handled, 'no other handler runs').toEqual(['1', 'dead 2', 'other', '3']);
  expect(await backfill(inbox, options)).toEqual({ ...NOTHING, alreadyDone: 3 });
  expect(seen).toHaveLength(3);

  const { items } = await inbox.list({ id: 'dead 2' });
  expect(items[0]?.done, 'a retry by hand does not run it either').toEqual(['sync']);
});

test('leaves out what the app has handled with it, what arrived too early, and what has no body', async () => {
  const { inbox, deliver } = await startApp();
  const { inbox: withoutBodies, deliver: deliverThere } = await startApp({ keepDoneBodies: false });
  await deliver('1');
  const handler = () => {};
  const common = { type: [TYPE, 'other'] as never, name: 'sync', handler, liveSinceMs: LATER() };
  const [item] = (await inbox.list({ id: '1' })).items;
  const settledMs = item?.settledAtMs ?? 0;
  expect(await backfill(inbox, { ...common, liveSinceMs: settledMs - 1 })).toEqual({
    ...NOTHING,
    alreadyDone: 1,
  });
  expect(await backfill(inbox, { ...common, liveSinceMs: settledMs })).toMatchObject({ alreadyDone: 1 });
  expect(await backfill(inbox, { ...common, liveSinceMs: settledMs + 1, isDryRun: true })).toMatchObject({
    missed: 1,
  });
  expect(await backfill(inbox, { ...common, sinceMs: Date.now() + 1 })).toEqual(NOTHING);
  const sinceMs = item?.receivedAtMs ?? 0;
  expect(await backfill(inbox, { ...common, sinceMs, isDryRun: true })).toMatchObject({ missed: 1 });
  await deliverThere('1', 'other', 'dead');
  expect(await backfill(withoutBodies, { ...common, isDryRun: true })).toEqual({
    ...NOTHING,
    missed: 1,
    withoutBody: 2,
  });
  await withoutBodies.erase(({ id }) => id === '1');
  expect(await backfill(withoutBodies, { ...common, isDryRun: true })).toMatchObject({ withoutBody: 1 });
});

test('a dead event is missed whenever it died, because no handler counts as done for it unless it is noted', async () => {
  const { inbox, deliver } = await startApp();
  await deliver('dead 1');
  const options = { type: TYPE, name: 'sync', handler() {}, liveSinceMs: 1, isDryRun: true } as const;
  expect(await backfill(inbox, options)).toEqual({ ...NOTHING, missed: 1 });
});

test('finds the events of every page', async () => {
  const inbox = createMemoryInbox();
  const error = { code: 'HANDLER_FAILED', message: 'The CRM is down.' };
  for (let id = 0; id < 101; id++) await inbox.put(entryOf({ id: `${id}`, error }));
  const options = { type: TYPE, name: 'sync', handler() {}, liveSinceMs: LATER(), isDryRun: true } as const;
  expect(await backfill(inbox, options)).toEqual({ ...NOTHING, missed: 101 });
});

test('leaves out what somebody else has handled or discarded since it began', async () => {
  const { inbox, deliver } = await startApp();
  await deliver('1', '2', '3', '4');
  const seen: string[] = [];
  const report = await backfill(inbox, {
    type: TYPE,
    name: 'sync',
    async handler({ id }) {
      seen.push(id);
      if (id !== '1') return;
      await inbox.addDone('2', 'sync');
      await inbox.discard({ id: '3' });
    },
    liveSinceMs: LATER(),
    ratePerSecond: 1_000,
  });
  expect(seen).toEqual(['1', '4']);
  expect(report).toEqual({ ...NOTHING, missed: 4, handled: 2 });
});

test('shows a process warning if a handler fails and nobody listens, and logs what telemetry throws', async () => {
  const { inbox, deliver } = await startApp();
  await deliver('1');
  const options = { type: TYPE, name: 'sync', liveSinceMs: LATER() } as const;
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const handler = () => {
    throw new Error('The CRM is down.');
  };
  expect(await backfill(inbox, { ...options, handler })).toMatchObject({ failed: 1 });
  expect(warn.mock.calls).toMatchObject([[expect.any(String), { code: 'HANDLER_FAILED' }]]);

  const { logger, lines } = memoryLogger();
  const broken = () => Promise.reject(new Error('The exporter is down.'));
  const telemetry = { aroundDelivery: broken, aroundHandler: broken };
  const report = await backfill(inbox, { ...options, handler() {}, logger, telemetry });
  expect(report).toMatchObject({ handled: 1 });
  expect(lines).toContainEqual(
    expect.objectContaining({
      msg: 'The telemetry of a Showpad backfill failed.',
      err: expect.objectContaining({ message: 'The exporter is down.' }),
    }),
  );
});

test('goes on after a handler that failed, says why, and tries that event again in the next backfill', async () => {
  const { inbox, deliver } = await startApp();
  await deliver('1', '2');
  let isDown = true;
  const errors: unknown[] = [];
  const options = {
    type: TYPE,
    name: 'sync',
    handler({ id }: { readonly id: string }) {
      if (isDown && id === '1') throw new Error('The CRM is down.');
    },
    liveSinceMs: LATER(),
    ratePerSecond: 1_000,
    onError: (error: { readonly code: string }, { event }: { readonly event: ShowpadEvent | undefined }) =>
      void errors.push([error.code, event?.id]),
  } as const;
  expect(await backfill(inbox, options)).toEqual({ ...NOTHING, missed: 2, handled: 1, failed: 1 });
  expect(errors).toEqual([['HANDLER_FAILED', '1']]);
  expect(await inbox.counts()).toMatchObject({ done: 2, dead: 0 });
  isDown = false;
  expect(await backfill(inbox, options)).toEqual({ ...NOTHING, missed: 1, handled: 1, alreadyDone: 1 });
});

test('handles so many events per second and not more, and stops after an event when it is asked to', async () => {
  const { inbox, deliver } = await startApp();
  await deliver('1', '2', '3', '4');
  stopTime();
  onTestFinished(startTime);
  const stop = new AbortController();
  const seen = journal<string>();
  const options = {
    type: TYPE,
    name: 'sync',
    handler: ({ id }: { readonly id: string }) => seen.add(id),
    liveSinceMs: LATER() + 1e12,
    ratePerSecond: 2,
  } as const;
  const running = backfill(inbox, { ...options, signal: stop.signal });
  await seen.has(1); // It looks for the events first.
  await vi.advanceTimersByTimeAsync(499);
  expect(seen.entries).toEqual(['1']);
  await vi.advanceTimersByTimeAsync(1);
  expect(seen.entries).toEqual(['1', '2']);
  stop.abort();
  expect(await running).toEqual({ ...NOTHING, missed: 4, handled: 2 });
  expect(await backfill(inbox, { ...options, signal: AbortSignal.abort() })).toMatchObject({ handled: 0 });

  const rest = backfill(inbox, options);
  await seen.has(3);
  await vi.advanceTimersByTimeAsync(500);
  expect(await rest).toEqual({ ...NOTHING, missed: 2, handled: 2, alreadyDone: 2 });
  expect(seen.entries).toEqual(['1', '2', '3', '4']);
});

test('validates events with the schemas of the app', async () => {
  const { inbox, deliver } = await startApp();
  await deliver('1');
  const emails: string[] = [];
  const invitee = z.object({ email: z.email().transform((email) => email.toUpperCase()) });
  await backfill(inbox, {
    type: TYPE,
    name: 'sync',
    handler: ({ data }) => void emails.push(data.invitee.email),
    schemas: { [TYPE]: z.object({ invitee }) },
    liveSinceMs: LATER(),
  });
  expect(emails).toEqual(['JANE@EXAMPLE.COM']);
});

test('rejects options that make no sense', async () => {
  const { inbox } = await startApp();
  const options = { type: TYPE, name: 'sync', handler() {} } as const;
  await expect(backfill(inbox, options as never)).rejects.toThrow('"liveSinceMs"');
  await expect(backfill(inbox, { ...options, liveSinceMs: 1, ratePerSecond: 0 })).rejects.toThrow(TypeError);
  await expect(backfill(inbox, { ...options, liveSinceMs: 1, handlerTimeoutMs: -1 })).rejects.toThrow(
    TypeError,
  );
});
