import { createMemoryInbox, sampleEvent, signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { delivery, KEY, probe, probeWithLetters, TYPE } from '../support.ts';

/** A delivery whose body has exactly so many bytes. */
function sized(bytes: number, key = KEY) {
  const event = { ...sampleEvent(TYPE), id: 'event-1', padding: '' };
  const missing = bytes - Buffer.byteLength(JSON.stringify(event));
  return signedDelivery({ body: JSON.stringify({ ...event, padding: 'x'.repeat(missing) }) }, { key });
}

const LIMIT = 2_000;

describe('an event above maxBodyBytes', () => {
  test('is answered with 503 and reported with its size if it is authentic', async () => {
    const handler = vi.fn();
    const { receiver, errors, rejected } = probeWithLetters({ maxBodyBytes: LIMIT, on: { [TYPE]: handler } });
    const { response, event } = await receiver.receive(sized(LIMIT + 1));
    expect(response.status).toBe(503);
    expect(response.body).toBe('{"outcome":"unavailable","code":"EVENT_TOO_LARGE"}');
    expect(event?.id).toBe('event-1');
    expect(rejected).toEqual([]);
    expect(errors).toMatchObject([
      {
        code: 'EVENT_TOO_LARGE',
        message: 'An authentic event has 2001 bytes, and "maxBodyBytes" is 2000.',
      },
    ]);
    expect(handler).not.toHaveBeenCalled();
  });

  test('is an ordinary forgery if it is not authentic', async () => {
    const { receiver, errors } = probe({ maxBodyBytes: LIMIT });
    const { response, error } = await receiver.receive(sized(LIMIT + 1, 'a-forged-key'));
    expect([response.status, error?.code]).toEqual([401, 'SIGNATURE_MISMATCH']);
    expect(errors).toEqual([]);
  });

  test('is handled if it has exactly the limit', async () => {
    const { receiver } = probe({ maxBodyBytes: LIMIT, on: { [TYPE]: () => {} } });
    expect((await receiver.receive(sized(LIMIT))).outcome).toBe('handled');
  });

  test('is not verified above four times the limit', async () => {
    const { receiver } = probe({ maxBodyBytes: LIMIT });
    expect((await receiver.receive(sized(4 * LIMIT))).error?.code).toBe('EVENT_TOO_LARGE');
    expect((await receiver.receive(sized(4 * LIMIT + 1))).error?.code).toBe('BODY_TOO_LARGE');
  });

  test('is stored as dead by an inbox, once, and handled when the limit is higher and somebody retries it', async () => {
    const inbox = createMemoryInbox();
    const handled = vi.fn();
    const { receiver, letters, errors } = probeWithLetters({
      maxBodyBytes: LIMIT,
      inbox,
      on: { [TYPE]: handled },
    });
    await receiver.start();
    expect((await receiver.receive(sized(LIMIT + 1))).response.status).toBe(202);
    expect([errors, letters].map(({ length }) => length)).toEqual([1, 1]);
    expect((await receiver.receive(sized(LIMIT + 1))).outcome).toBe('duplicate');
    expect(errors.map(({ code }) => code)).toEqual(['EVENT_TOO_LARGE']);
    expect(letters).toMatchObject([{ reason: 'too-large', event: { id: 'event-1' } }]);
    const { items } = await inbox.list({ state: 'dead' });
    expect(items).toMatchObject([{ id: 'event-1', type: TYPE, error: { code: 'EVENT_TOO_LARGE' } }]);
    expect(handled).not.toHaveBeenCalled();

    await inbox.retry({ id: 'event-1' });
    await vi.waitFor(async () => expect((await inbox.counts()).done).toBe(1));
    expect(handled).toHaveBeenCalledTimes(1);
    await receiver.close();
  });

  test('is handled by the next retry if another process accepts more', async () => {
    const { receiver } = probe({ maxBodyBytes: LIMIT + 1, on: { [TYPE]: () => {} } });
    expect((await receiver.receive(sized(LIMIT + 1))).outcome).toBe('handled');
    expect((await receiver.receive(delivery('event-2'))).outcome).toBe('handled');
  });
});
