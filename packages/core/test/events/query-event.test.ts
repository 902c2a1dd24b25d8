import { signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';
import { KEY, probeWithLetters, TYPE } from '../support.ts';

/** A GET without a body. What such a delivery contains is inferred and not documented. */
const get = () => signedDelivery({ body: '' }, { key: KEY, method: 'GET' });
const methods = ['POST', 'GET'] as const;

describe('a GET delivery without a body', () => {
  test.each([
    `/hooks?type=${TYPE}`,
    `/hooks?a=b&type=${TYPE}&type=other`,
    `/hooks?from=/a?b&type=${TYPE}`,
    `https://localhost/?type=${TYPE}`,
  ])('takes its type from %s', async (url) => {
    const { receiver } = probeWithLetters({ methods, on: { [TYPE]: () => {} } });
    const { outcome, event } = await receiver.receive({ ...get(), url });
    expect(outcome).toBe('handled');
    expect(event).toStrictEqual({
      type: TYPE,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      specversion: undefined,
      time: undefined,
      date: undefined,
      data: {},
    });
  });

  test('gets an id of its own, so that the next one is not a duplicate', async () => {
    const { receiver } = probeWithLetters({ methods, on: { [TYPE]: () => {} } });
    const request = { ...get(), url: `/?type=${TYPE}` };
    const receipts = [await receiver.receive(request), await receiver.receive(request)];
    expect(receipts.map(({ outcome }) => outcome)).toEqual(['handled', 'handled']);
    expect(receipts[0]?.event?.id).not.toBe(receipts[1]?.event?.id);
  });

  test.each([undefined, '', '/hooks', '/hooks?', '/hooks?type', '/hooks?type=', '/type=a', '/hooks?Type=a'])(
    'whose url names no type is rejected, and becomes a dead letter: %j',
    async (url) => {
      const { receiver, letters } = probeWithLetters({ methods });
      const { response, error } = await receiver.receive({ ...get(), ...(url !== undefined && { url }) });
      expect(response.status).toBe(400);
      expect(error).toMatchObject({
        code: 'EVENT_INVALID',
        message: 'A GET delivery without a body names no event type.',
        hint: 'Create the subscription with POST, or with a URL that ends in ?type=… and the type of the event.',
      });
      expect(letters).toMatchObject([{ reason: 'invalid', error: { code: 'EVENT_INVALID' } }]);
    },
  );
});

test.each([
  ['a GET with a body', 'GET', '{"type":"x","id":"1"}', '200 ignored x'],
  ['a POST without one', 'POST', '', '400 BODY_INVALID undefined'],
])('the url does not matter for %s', async (_what, method, text, answer) => {
  const { receiver } = probeWithLetters({ methods });
  const request = signedDelivery({ body: text }, { key: KEY, method });
  const { response, outcome, error, event } = await receiver.receive({ ...request, url: `/?type=${TYPE}` });
  expect(`${response.status} ${error?.code ?? outcome} ${event?.type}`).toBe(answer);
});
