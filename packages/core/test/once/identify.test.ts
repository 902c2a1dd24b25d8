import { createMemoryLedger, createReceiver, type ShowpadEvent } from '@showpad-webhooks/core';
import { createMemoryInbox, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { watchedInbox } from '../inbox/watched-inbox.ts';
import { delivery, KEY, probe, TYPE } from '../support.ts';

/** One user is added to one space once, whatever the id of the event. */
const identify = (event: ShowpadEvent) =>
  event.type === TYPE ? `${TYPE}:${event.data.sharedSpace.id}:${event.data.invitee.userId}` : event.id;

/** The sample event under another id. */
const repeated = (id: string) => delivery(id);

describe('identify', () => {
  test('makes events with two ids one for the ledger', async () => {
    const handler = vi.fn();
    const { receiver, errors, deliver } = probe({ identify, on: { [TYPE]: handler } });
    expect(await deliver('event-1')).toBe('200 handled');
    expect(await deliver('event-2')).toBe('200 duplicate');
    const other = sampleEvent(TYPE);
    const data = { ...other.data, sharedSpace: { ...other.data.sharedSpace, id: 'another-space' } };
    const { outcome } = await receiver.receive(signedDelivery({ ...other, data }, { key: KEY }));
    expect(outcome).toBe('handled');
    expect(handler).toHaveBeenCalledTimes(2);
    expect(errors).toEqual([]); // No EVENT_CONFLICT, although the bodies differ.
  });

  test('makes events with two ids one while the handlers run, and after a failure', async () => {
    let end: (error?: Error) => void = () => {};
    const first = vi.fn();
    const second = vi.fn(
      () =>
        new Promise<void>((resolve, reject) => {
          end = (error) => (error ? reject(error) : resolve());
        }),
    );
    const { errors, deliver } = probe({ identify, on: { [TYPE]: [() => first(), second] } });
    const running = deliver('event-1');
    await vi.waitFor(() => expect(second).toHaveBeenCalled());
    expect(await deliver('event-2')).toBe('503 IN_PROGRESS');
    end(new Error('The CRM is down.'));
    expect(await running).toBe('500 HANDLER_FAILED');
    const retried = deliver('event-3');
    await vi.waitFor(() => expect(second).toHaveBeenCalledTimes(2));
    end();
    expect(await retried).toBe('200 handled');
    expect(first).toHaveBeenCalledTimes(1);
    expect(errors.map(({ code }) => code)).not.toContain('EVENT_CONFLICT');
  });

  test('gives the ledger the key', async () => {
    const ledger = createMemoryLedger();
    const claim = vi.spyOn(ledger, 'claim');
    await probe({ identify: () => 'key', ledger, name: 'crm', on: { [TYPE]: () => {} } }).deliver();
    expect(claim.mock.calls[0]?.[0]).toMatchObject({ key: 'crm:key' });
  });

  test('makes events with two ids one for the inbox, and the handler gets the event as it was sent', async () => {
    const { inbox, outcomes } = watchedInbox();
    const handler = vi.fn();
    const { receiver, errors } = probe({ identify, inbox, on: { [TYPE]: handler } });
    await receiver.start();
    expect((await receiver.receive(repeated('event-1'))).outcome).toBe('queued');
    expect((await receiver.receive(repeated('event-2'))).outcome).toBe('duplicate');
    await outcomes.has(1);
    expect(handler).toHaveBeenCalledTimes(1);
    expect(handler.mock.calls[0]?.[0].id).toBe('event-1');
    const { data } = sampleEvent(TYPE);
    const key = `${TYPE}:${data.sharedSpace.id}:${data.invitee.userId}`;
    expect((await inbox.list({ state: 'done' })).items).toMatchObject([{ id: key }]);
    expect(errors).toEqual([]);
    await receiver.close();
  });

  test('decides the id of a delivery by GET that has no body, in every attempt', async () => {
    const { inbox, outcomes } = watchedInbox({ backoff: () => 0, maxAttempts: 2 });
    const ids: string[] = [];
    const options = { identify: ({ type }: ShowpadEvent) => `today:${type}`, methods: ['GET'] } as const;
    const { receiver } = probe({ ...options, inbox });
    receiver.on(TYPE, ({ id }) => {
      ids.push(id);
      throw new Error('The CRM is down.');
    });
    await receiver.start();
    const request = signedDelivery({ body: '' }, { key: KEY, method: 'GET' });
    await receiver.receive({ ...request, url: `/hook?type=${TYPE}` });
    await outcomes.has(2);
    expect(ids).toEqual([`today:${TYPE}`, `today:${TYPE}`]);
    await receiver.close();
  });

  const crmError = new TypeError('There is no user.');
  const failing: readonly (readonly [string, () => string, unknown])[] = [
    [
      'throws',
      () => {
        throw crmError;
      },
      crmError,
    ],
    ['returns undefined', () => undefined as never, undefined],
    ['returns an empty text', () => '', undefined],
    ['returns a promise', () => Promise.resolve('key') as never, undefined],
  ];

  describe.each([
    ['a ledger', 'LEDGER_FAILED'],
    ['an inbox', 'INBOX_FAILED'],
  ] as const)('with %s', (store, code) => {
    test.each(failing)(
      'that %s is answered with 503, so that Showpad sends the event again',
      async (_how, broken, cause) => {
        const handler = vi.fn();
        const inbox = store === 'an inbox' ? { inbox: createMemoryInbox() } : {};
        const { receiver, errors, deliver } = probe({ identify: broken, ...inbox, on: { [TYPE]: handler } });
        await receiver.start();
        expect(await deliver()).toBe(`503 ${code}`);
        expect(errors).toMatchObject([
          {
            message: 'The option "identify" returned no text for an event.',
            hint: 'Return the same text each time the event comes, and event.id if nothing else is there. See error.cause.',
          },
        ]);
        expect(errors[0]?.cause).toBe(cause);
        expect(handler).not.toHaveBeenCalled();
        await receiver.close();
      },
    );
  });

  test('gets events of your own types', async () => {
    const receiver = createReceiver<{ 'asset-viewed': { assetId: string } }>({
      keys: KEY,
      identify: (event) => (event.type === 'asset-viewed' ? `viewed:${event.data.assetId}` : event.id),
      on: { 'asset-viewed': () => {} },
    });
    const view = (id: string) =>
      receiver.receive(signedDelivery({ type: 'asset-viewed', id, data: { assetId: '1' } }, { key: KEY }));
    expect((await view('1')).outcome).toBe('handled');
    expect((await view('2')).outcome).toBe('duplicate');
  });
});
