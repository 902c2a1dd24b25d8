import type { BodyReader } from '@showpad-webhooks/core';
import { describe, expect, test } from 'vitest';
import { deferred, delivery, probe, TYPE } from '../support.ts';

/** A body of which half has arrived, and the rest arrives when the test says so. */
function halfArrived(body: Uint8Array) {
  const rest = deferred();
  const begun = deferred();
  const read: BodyReader = async (_limitBytes, onHeld) => {
    onHeld?.(body.byteLength / 2);
    begun.resolve();
    await rest.promise;
    onHeld?.(body.byteLength);
    return body;
  };
  return { read, begun: begun.promise, arrive: rest.resolve };
}

describe('maxBytesInFlight', () => {
  const request = delivery();
  const size = request.body.byteLength;
  const none: BodyReader = () => Promise.reject(new Error('The body must not be read.'));

  test('refuses a delivery with 503 before its body is read, if it declares more than there is room for', async () => {
    const { receiver, errors } = probe({ maxBytesInFlight: size - 1 });
    const headers = { ...request.headers, 'content-length': `${size}` };
    const { response, error } = await receiver.receive({ ...request, headers, body: none });
    expect(error?.code).toBe('OVERLOADED');
    expect(response).toMatchObject({ status: 503, headers: { 'retry-after': '3', connection: 'close' } });
    expect(errors.map(({ code }) => code)).toEqual(['OVERLOADED']);
  });

  test('counts what all deliveries hold, and has room again when they are answered', async () => {
    const { receiver } = probe({ maxBytesInFlight: size * 1.5, on: { [TYPE]: () => {} } });
    const slow = halfArrived(request.body);
    const first = receiver.receive({ ...request, body: slow.read });
    await slow.begun;
    // Half a body is held, so one more fits.
    expect((await receiver.receive(delivery('event-2'))).outcome).toBe('handled');
    const second = halfArrived(request.body);
    const other = delivery('event-3');
    const competing = receiver.receive({ ...other, body: second.read });
    await second.begun;
    expect((await receiver.receive(delivery('event-4'))).error?.code).toBe('OVERLOADED');
    slow.arrive();
    expect((await first).outcome).toBe('handled');
    expect((await receiver.receive(delivery('event-4'))).outcome).toBe('handled');
    second.arrive();
    await competing;
    expect((await receiver.receive(delivery('event-5'))).outcome).toBe('handled');
  });

  test('is 256 MiB by default, and more if the largest body that is read needs more', async () => {
    const MEBIBYTE = 2 ** 20;
    const codeOf = async (bytes: number, maxBodyBytes: number) => {
      const body: BodyReader = async (_limitBytes, onHeld) => {
        onHeld?.(bytes);
        return request.body;
      };
      return (await probe({ maxBodyBytes }).receiver.receive({ ...request, body })).error?.code;
    };
    for (const [room, maxBodyBytes] of [
      [256 * MEBIBYTE, 10 * MEBIBYTE],
      [400 * MEBIBYTE, 100 * MEBIBYTE],
    ] as const) {
      expect([await codeOf(room, maxBodyBytes), await codeOf(room + 1, maxBodyBytes)]).toEqual([
        undefined,
        'OVERLOADED',
      ]);
    }
  });

  test('ends a body that grows beyond the room, although it declared no length', async () => {
    const { receiver } = probe({ maxBytesInFlight: size - 1 });
    const slow = halfArrived(request.body);
    slow.arrive();
    expect((await receiver.receive({ ...request, body: slow.read })).error?.code).toBe('OVERLOADED');
  });

  test('gives room back after a forgery and after a body that failed', async () => {
    const { receiver } = probe({ maxBytesInFlight: size });
    const failing: BodyReader = (_limitBytes, onHeld) => {
      onHeld?.(size);
      return Promise.reject(new Error('broken'));
    };
    expect((await receiver.receive({ ...request, body: failing })).error?.code).toBe('RAW_BODY_UNAVAILABLE');
    expect((await receiver.receive(delivery('event-1', { key: 'a-forged-key' }))).error?.code).toBe(
      'SIGNATURE_MISMATCH',
    );
    expect((await receiver.receive(request)).outcome).toBe('ignored');
  });

  test('does not count what a body reader takes after its delivery was answered', async () => {
    const { receiver } = probe({ maxBytesInFlight: size });
    let takeMore = () => {};
    const failing: BodyReader = (_limitBytes, onHeld) => {
      takeMore = () => onHeld?.(size);
      return Promise.reject(new Error('broken'));
    };
    expect((await receiver.receive({ ...request, body: failing })).error?.code).toBe('RAW_BODY_UNAVAILABLE');
    takeMore();
    expect((await receiver.receive(request)).outcome).toBe('ignored');
  });

  test('is no limit for a receiver with a smaller default if maxBodyBytes is large', async () => {
    const { receiver } = probe({ maxBodyBytes: 2 ** 31 });
    const headers = { ...request.headers, 'content-length': `${2 ** 32}` };
    expect((await receiver.receive({ ...request, headers })).outcome).toBe('ignored');
  });
});
