import { PermanentError, sign } from '@showpad-webhooks/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  deferred,
  delivery,
  KEY,
  NOW_MS,
  probe,
  probeWithLetters,
  startTime,
  stopTime,
  TYPE,
} from '../support.ts';

beforeEach(stopTime);
afterEach(startTime);

const refuse = () => Promise.reject(new PermanentError('There is no such deal.'));
const fail = () => Promise.reject(new Error('The CRM is down.'));

/** How long Showpad waits after each failed response. */
const PAUSES_MS = [3_000, 4_500, 6_750];

/** Delivers as often as Showpad does before its last retry, and waits until that one is due. */
async function failUntilLastRetry(deliver: () => Promise<unknown>): Promise<void> {
  for (const pauseMs of PAUSES_MS) {
    await deliver();
    await vi.advanceTimersByTimeAsync(pauseMs);
  }
}

/** An authentic body that is not an event. */
function notAnEvent() {
  const body = Buffer.from('{"kind":"no event"}\xff', 'latin1');
  const timestampSeconds = Math.floor(Date.now() / 1000);
  const headers = {
    'X-Showpad-Signature-Timestamp': String(timestampSeconds),
    'X-Showpad-Signature-V1': sign(body, KEY, timestampSeconds),
  };
  return { method: 'POST', headers, body, url: '/hooks' };
}

describe('a dead letter', () => {
  test('has the exact bytes of a delivery for which a handler threw a PermanentError', async () => {
    const { receiver, letters } = probeWithLetters({
      name: 'crm',
      keys: { label: 'spaces', key: KEY },
      on: { [TYPE]: refuse },
    });
    const request = delivery('event-1', { headers: { 'X-Extra': 'a' } });
    await receiver.receive({ ...request, url: '/hooks' });
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({
      reason: 'permanent',
      error: { code: 'PERMANENT_FAILURE', cause: { message: 'There is no such deal.' } },
      receiverName: 'crm',
      method: 'POST',
      url: '/hooks',
      keyLabel: 'spaces',
      event: { id: 'event-1', type: TYPE },
      attempt: 1,
      headers: { 'x-extra': 'a' },
      receivedAt: new Date(NOW_MS),
    });
    expect(letters[0]?.rawBody).toEqual(request.body);
  });

  test('is sent when the last retry failed, and not before', async () => {
    const { deliver, letters } = probeWithLetters({ on: { [TYPE]: fail } });
    for (const pauseMs of PAUSES_MS) {
      expect(await deliver()).toBe('500 HANDLER_FAILED');
      expect(letters).toEqual([]);
      await vi.advanceTimersByTimeAsync(pauseMs);
    }
    expect(await deliver()).toBe('500 HANDLER_FAILED');
    expect(letters).toMatchObject([
      {
        reason: 'attempts-exhausted',
        attempt: 4,
        error: { code: 'HANDLER_FAILED' },
        event: { id: 'event-1' },
      },
    ]);
    expect(letters[0]?.rawBody).toEqual(delivery().body);
  });

  test('is not sent if the last retry succeeds', async () => {
    let isDown = true;
    const { deliver, letters } = probeWithLetters({ on: { [TYPE]: () => (isDown ? fail() : undefined) } });
    await failUntilLastRetry(deliver);
    isDown = false;
    expect(await deliver()).toBe('200 handled');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(letters).toEqual([]);
  });

  test('is sent once if the last retry throws a PermanentError', async () => {
    let isDown = true;
    const { deliver, letters } = probeWithLetters({ on: { [TYPE]: () => (isDown ? fail() : refuse()) } });
    await failUntilLastRetry(deliver);
    isDown = false;
    expect(await deliver()).toBe('422 PERMANENT_FAILURE');
    expect(letters).toMatchObject([{ reason: 'permanent', attempt: 4 }]);
  });

  test('has the exact bytes of an authentic body that is not an event', async () => {
    const { receiver, letters, rejected } = probeWithLetters({ on: { [TYPE]: refuse } });
    const request = notAnEvent();
    const { response } = await receiver.receive(request);
    expect(response).toMatchObject({ status: 400, body: '{"outcome":"rejected","code":"BODY_INVALID"}' });
    expect(letters).toMatchObject([
      {
        reason: 'invalid',
        error: { code: 'BODY_INVALID' },
        event: undefined,
        attempt: undefined,
        url: '/hooks',
      },
    ]);
    expect(letters[0]?.rawBody).toEqual(request.body);
    expect(rejected.map(({ code }) => code)).toEqual(['BODY_INVALID']);
  });

  test.each([{ key: 'a-forged-key' }, { method: 'PUT' }, { timestampSeconds: 1 }])(
    'is never sent for a delivery that is not authentic: %j',
    async (forgery) => {
      const { deliver, letters } = probeWithLetters({ on: { [TYPE]: refuse } });
      expect(await deliver('event-1', forgery)).toMatch(/^40[15] /);
      expect(letters).toEqual([]);
    },
  );

  test('goes to every listener, although one fails', async () => {
    const { receiver, letters, deliver } = probeWithLetters({ on: { [TYPE]: refuse } });
    const throwing = () => {
      throw new Error('The disk is full.');
    };
    receiver
      .onDeadLetter(throwing)
      .onDeadLetter(fail)
      .onDeadLetter((letter) => letters.push(letter));
    expect(await deliver()).toBe('500 HANDLER_FAILED');
    expect(letters).toHaveLength(2);
  });
});

describe('the response waits until the letter is kept', () => {
  test.each(['permanent', 'attempts-exhausted', 'invalid'] as const)('%s', async (reason) => {
    const kept = deferred();
    const { receiver } = probe({ on: { [TYPE]: reason === 'permanent' ? refuse : fail } });
    receiver.onDeadLetter(() => kept.promise);
    if (reason === 'attempts-exhausted') {
      await failUntilLastRetry(() => receiver.receive(delivery()));
    }
    const answered = vi.fn();
    const answer = receiver.receive(reason === 'invalid' ? notAnEvent() : delivery()).then(answered);
    await vi.advanceTimersByTimeAsync(2_499);
    expect(answered).not.toHaveBeenCalled();
    kept.resolve();
    await answer;
    expect(answered).toHaveBeenCalled();
  });
});

/** The error about a letter that no listener could keep. */
const UNKEPT = {
  code: 'HANDLER_FAILED',
  message: 'A dead letter could not be kept.',
  hint: 'An onDeadLetter listener threw or took longer than 2500 ms: see error.cause.',
  cause: expect.any(Error),
};

describe('a letter that is not kept', () => {
  const listeners: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('The disk is full.');
      },
    ],
    ['rejects', () => Promise.reject(new Error('The disk is full.'))],
    ['hangs', () => new Promise(() => {})],
  ];

  test.each(listeners)(
    'after a PermanentError makes the response 500, and the retry tries again: %s',
    async (_how, listener) => {
      const { receiver, errors, deliver } = probe({ on: { [TYPE]: refuse } });
      const onDeadLetter = vi.fn().mockImplementationOnce(listener);
      receiver.onDeadLetter(onDeadLetter);
      const answer = deliver();
      await vi.advanceTimersByTimeAsync(2_500);
      expect(await answer).toBe('500 HANDLER_FAILED');
      expect(errors).toMatchObject([UNKEPT]);
      expect(await deliver()).toBe('422 PERMANENT_FAILURE');
      expect(onDeadLetter).toHaveBeenCalledTimes(2);
    },
  );

  test.each(listeners)(
    'of a body that is not an event makes the response 500, not 400: %s',
    async (_how, listener) => {
      const { receiver, errors, rejected } = probe();
      receiver.onDeadLetter(vi.fn().mockImplementationOnce(listener));
      const answer = receiver.receive(notAnEvent());
      await vi.advanceTimersByTimeAsync(2_500);
      expect((await answer).response.status).toBe(500);
      expect(errors).toMatchObject([UNKEPT]);
      expect(rejected).toEqual([]);
      expect((await receiver.receive(notAnEvent())).response.status).toBe(400);
    },
  );

  test.each(listeners)(
    'after the last retry is reported, next to the failure: %s',
    async (_how, listener) => {
      const { receiver, errors, deliver } = probe({ on: { [TYPE]: fail } });
      receiver.onDeadLetter(listener);
      await failUntilLastRetry(deliver);
      errors.length = 0;
      const answer = deliver();
      await vi.advanceTimersByTimeAsync(2_500);
      expect(await answer).toBe('500 HANDLER_FAILED');
      expect(errors).toMatchObject([
        UNKEPT,
        { message: `The handler "fail" for "${TYPE}" threw an error.`, hint: expect.any(String) },
      ]);
    },
  );
});

test('without a listener the response is the same', async () => {
  expect(await probe({ on: { [TYPE]: refuse } }).deliver()).toBe('422 PERMANENT_FAILURE');
  expect((await probe().receiver.receive(notAnEvent())).response.status).toBe(400);
});
