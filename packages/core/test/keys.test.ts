import { createHmac } from 'node:crypto';
import { createReceiver, type SignatureKeys, sign } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createKeyring, type PreparedKey } from '../src/keys.ts';
import { delivery, KEY, probe, stopTime, TYPE } from './support.ts';

afterEach(() => void vi.useRealTimers());

describe('keys in the wrong form are refused at start', () => {
  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'keys is undefined, not a string: is the environment variable set?'],
    ['null', null, 'keys is null, not a string: is the environment variable set?'],
    ['a number', 42, 'keys is number, not a string: is the environment variable set?'],
    ['empty', '', 'keys is blank: is the environment variable set?'],
    ['white space', ' \n', 'keys is blank: is the environment variable set?'],
    ['a newline at its end', `${KEY}\n`, 'keys begins or ends with white space: trim it.'],
    ['a space at its start', ` ${KEY}`, 'keys begins or ends with white space: trim it.'],
    ['an empty list', [], 'keys is an empty list: pass a signature key.'],
    ['one of a list', [KEY, ''], 'keys[1] is blank: is the environment variable set?'],
    [
      'a labelled one without a key',
      { label: 'crm' },
      'keys is undefined, not a string: is the environment variable set?',
    ],
    ['a label that is empty', [{ label: '', key: KEY }], 'keys[0].label must be a non-empty string.'],
    ['a label that is no text', { label: 7, key: KEY }, 'keys.label must be a non-empty string.'],
    [
      'too many',
      Array.from({ length: 1001 }, (_, index) => `key-${index}`),
      '1001 keys, at most 1000 are tried: pass a function that chooses.',
    ],
  ])('%s', (_name, keys, message) => {
    expect(() => createReceiver({ keys: keys as SignatureKeys })).toThrow(new TypeError(message));
  });
});

describe('a list', () => {
  test('takes any of its keys, and the receipt tells which', async () => {
    const { receiver } = probe({
      keys: [{ label: 'new', key: 'new-key' }, { label: 'old', key: 'old-key' }, 'plain'],
    });
    const labelOf = async (key: string) => (await receiver.receive(delivery('1', { key }))).keyLabel;
    expect([await labelOf('old-key'), await labelOf('new-key'), await labelOf('plain')]).toEqual([
      'old',
      'new',
      undefined,
    ]);
  });

  test('takes a delivery that is signed with two keys, as during a rotation', async () => {
    const { deliver } = probe({ keys: 'new-key' });
    expect(await deliver('1', { key: ['old-key', 'new-key'] })).toBe('200 ignored');
  });

  test('tries the key that matched last first', () => {
    const keyring = createKeyring(['a', 'b', 'c'].map((label) => ({ label, key: `key-${label}` })));
    const candidates = () => keyring.candidates({}, undefined) as readonly PreparedKey[];
    const labels = () => candidates().map(({ label }) => label);
    keyring.promote(candidates()[2] as PreparedKey);
    expect(labels()).toEqual(['c', 'a', 'b']);
    keyring.promote(candidates()[1] as PreparedKey);
    expect(labels()).toEqual(['a', 'c', 'b']);
    keyring.promote(candidates()[0] as PreparedKey);
    expect(labels()).toEqual(['a', 'c', 'b']);
  });

  test('is copied, so that a later change has no part in it', async () => {
    const keys = [KEY];
    const { deliver } = probe({ keys });
    keys.pop();
    expect(await deliver()).toBe('200 ignored');
  });
});

describe('a resolver', () => {
  test.each([
    ['sync', () => KEY],
    ['async', async () => [{ label: 'crm', key: KEY }]],
  ])('may be %s', async (_name, keys) => {
    expect(await probe({ keys }).deliver()).toBe('200 ignored');
  });

  test('gets lower-case headers and the url, and is asked once per delivery whose headers hold', async () => {
    const hints: unknown[] = [];
    const { receiver } = probe({
      keys: ({ headers, url }) => {
        hints.push([headers['x-subscription'], url]);
        return KEY;
      },
    });
    const { method, headers, body } = delivery('1', { headers: { 'X-Subscription': 'crm' } });
    await receiver.receive({ method, headers: new Headers(headers), body, url: '/hook?a=b' });
    await receiver.receive({ method, headers: { ...headers, 'x-showpad-signature-v1': '' }, body });
    await receiver.receive({ method, headers, body });
    expect(hints).toEqual([
      ['crm', '/hook?a=b'],
      ['crm', undefined],
    ]);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no database');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
    ['finds nothing', () => undefined],
    ['finds an empty list', () => []],
    ['gives a blank key', () => ''],
    ['gives too many', () => Array(21).fill(KEY)],
  ])('that %s is answered 503, since a 401 would lose the event', async (_name, keys) => {
    const { deliver, errors } = probe({ keys: keys as () => string });
    expect(await deliver()).toBe('503 KEY_LOOKUP_FAILED');
    expect(errors[0]?.cause).toBeInstanceOf(Error);
  });

  test('that hangs is answered 503 after 2.5 s', async () => {
    stopTime();
    const { deliver } = probe({ keys: () => new Promise<string>(() => {}) });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(2_499);
    expect(await Promise.race([answer, 'waiting'])).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toBe('503 KEY_LOOKUP_FAILED');
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('a key is taken as UTF-8', async () => {
  const { receiver } = probe({ keys: 'clé-🔑' });
  expect((await receiver.receive(signedDelivery(TYPE, { key: 'clé-🔑' }))).outcome).toBe('ignored');
  const bytes = createHmac('sha256', Buffer.from('clé-🔑', 'utf8')).update('{}.1').digest('base64');
  expect(sign('{}', 'clé-🔑', 1)).toBe(bytes);
});
