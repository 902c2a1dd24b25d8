import { signedDelivery } from '@showpad-webhooks/core/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { delivery, NOW_MS, probe, stopTime } from '../support.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

afterEach(() => {
  vi.useRealTimers();
});

/** A receiver on a machine whose wall clock can be set, while the clock that never steps goes on. */
function probeWithClock() {
  vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] });
  const made = probe();
  const deliverAt = (sentAtMs: number, id: string, key?: string) =>
    made.deliver(id, { timestampSeconds: sentAtMs / 1000, ...(key && { key }) });
  const setAhead = (ms: number) => {
    vi.setSystemTime(NOW_MS + ms);
  };
  return { ...made, deliverAt, setAhead };
}

describe('if only the clock speaks against an authentic delivery', () => {
  test.each([10 * MINUTE_MS, 6 * 60 * MINUTE_MS, 3 * DAY_MS])(
    'it is answered with 503 while the clock is %i ms fast or slow, and handled as soon as the clock is right',
    async (stepMs) => {
      const { deliverAt, setAhead, errors, rejected } = probeWithClock();
      expect(await deliverAt(NOW_MS, 'event-1')).toBe('200 ignored');
      for (const direction of [1, -1]) {
        setAhead(direction * stepMs);
        expect(await deliverAt(NOW_MS, 'event-2')).toBe('503 CLOCK_SUSPECT');
        setAhead(0);
        expect(await deliverAt(NOW_MS, 'event-2')).toBe('200 ignored');
      }
      expect(errors.map(({ code }) => code)).toEqual(['CLOCK_SUSPECT', 'CLOCK_SUSPECT']);
      expect(errors[0]?.message).toMatch(
        /^The delivery was signed \d+ s ago, .* But its signature is right\.$/,
      );
      expect(rejected).toEqual([]);
    },
  );

  test('it is doubted although the clock was set while the body of an earlier one was on its way', async () => {
    const { receiver, deliverAt, setAhead } = probeWithClock();
    const { method, headers, body } = delivery('event-1', { timestampSeconds: NOW_MS / 1000 });
    const slowly = async () => {
      setAhead(DAY_MS);
      return body;
    };
    expect((await receiver.receive({ method, headers, body: slowly })).outcome).toBe('ignored');
    expect(await deliverAt(NOW_MS, 'event-2')).toBe('503 CLOCK_SUSPECT');
  });

  test('the answer asks for a retry', async () => {
    const { receiver } = probe();
    const late = delivery('event-1', { timestampSeconds: 9_999_999_999 });
    const { response, error } = await receiver.receive(late);
    expect(error?.hint).toBe(
      'So the clock of this machine is probably wrong: compare it with "date -u". Showpad will retry.',
    );
    expect(response).toMatchObject({ status: 503, headers: { 'retry-after': '3' } });
    expect(response.body).toBe('{"outcome":"unavailable","code":"CLOCK_SUSPECT"}');
  });

  test('a forgery with the same timestamp is still the mistake of its sender', async () => {
    const { deliverAt, setAhead, errors } = probeWithClock();
    const future = NOW_MS + 10 * MINUTE_MS;
    expect(await deliverAt(future, 'event-1', 'a-forged-key')).toBe('401 TIMESTAMP_IN_FUTURE');
    setAhead(10 * MINUTE_MS);
    expect(await deliverAt(NOW_MS, 'event-1', 'a-forged-key')).toBe('401 TIMESTAMP_TOO_OLD');
    expect(errors).toEqual([]);
  });

  test('a delivery that somebody recorded and sends again later is rejected', async () => {
    const { deliverAt, rejected } = probeWithClock();
    expect(await deliverAt(NOW_MS - 10 * MINUTE_MS, 'event-1')).toBe('401 TIMESTAMP_TOO_OLD');
    expect(rejected).toHaveLength(1);
  });

  test('after a delivery agreed with the clock that was set, an old one is a replay again', async () => {
    const { deliverAt, setAhead } = probeWithClock();
    setAhead(DAY_MS);
    expect(await deliverAt(NOW_MS, 'event-1')).toBe('503 CLOCK_SUSPECT');
    expect(await deliverAt(NOW_MS + DAY_MS, 'event-2')).toBe('200 ignored');
    expect(await deliverAt(NOW_MS, 'event-1')).toBe('401 TIMESTAMP_TOO_OLD');
  });

  test('a step of less than half of the tolerance is no reason for doubt', async () => {
    const { deliverAt, setAhead } = probeWithClock();
    setAhead(2 * MINUTE_MS);
    expect(await deliverAt(NOW_MS - 4 * MINUTE_MS, 'event-1')).toBe('401 TIMESTAMP_TOO_OLD');
  });

  test('a step of just half of the tolerance is no reason either, and one of more is', async () => {
    stopTime();
    const { deliver } = probe();
    const old = { timestampSeconds: NOW_MS / 1000 - 600 };
    vi.setSystemTime(NOW_MS + 150_000);
    expect(await deliver('event-1', old)).toBe('401 TIMESTAMP_TOO_OLD');
    vi.setSystemTime(NOW_MS + 150_001);
    expect(await deliver('event-1', old)).toBe('503 CLOCK_SUSPECT');
  });

  test('time that passes is no reason', async () => {
    stopTime();
    const { deliver } = probe();
    await vi.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect(await deliver('event-1', { timestampSeconds: NOW_MS / 1000 })).toBe('401 TIMESTAMP_TOO_OLD');
  });

  test('the time that a queue noted says nothing of our own clock', async () => {
    const { receiver, deliverAt, setAhead } = probeWithClock();
    const queued = delivery('event-1', { timestampSeconds: NOW_MS / 1000 });
    expect((await receiver.receive({ ...queued, receivedAtMs: NOW_MS })).outcome).toBe('ignored');
    setAhead(DAY_MS);
    expect(await deliverAt(NOW_MS, 'event-2')).toBe('503 CLOCK_SUSPECT');
  });

  test('the time that a queue noted is not doubted because of our own clock', async () => {
    const { receiver, setAhead } = probeWithClock();
    setAhead(DAY_MS);
    const old = signedDelivery('shared-space-created', {
      key: 'core-test-key',
      timestampSeconds: NOW_MS / 1000,
    });
    const receipt = await receiver.receive({ ...old, receivedAtMs: NOW_MS + 10 * MINUTE_MS });
    expect(receipt.error?.code).toBe('TIMESTAMP_TOO_OLD');
    expect((await receiver.receive({ ...old, receivedAtMs: NOW_MS })).outcome).toBe('ignored');
  });
});
