import { createHmac } from 'node:crypto';
import {
  createReceiver,
  type KeyLookup,
  SIGNATURE_HEADER,
  type SignatureKeys,
  sign,
} from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createKeyring } from '../../src/signature/keys.ts';
import { delivery, isSettled, KEY, probe, startTime, stopTime, TYPE } from '../support.ts';

afterEach(startTime);

describe('keys of the wrong form are rejected at once', () => {
  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'keys is undefined, and not a string. Is the environment variable set?'],
    ['null', null, 'keys is null, and not a string. Is the environment variable set?'],
    ['a number', 42, 'keys is number, and not a string. Is the environment variable set?'],
    ['empty', '', 'keys is blank. Is the environment variable set?'],
    ['white space', ' \n', 'keys is blank. Is the environment variable set?'],
    ['a line break at its end', `${KEY}\n`, 'keys begins or ends with white space. Trim it.'],
    ['a space at its start', ` ${KEY}`, 'keys begins or ends with white space. Trim it.'],
    ['an empty list', [], 'keys is an empty list. Pass at least one signature key.'],
    ['one of a list', [KEY, ''], 'keys[1] is blank. Is the environment variable set?'],
    [
      'a labelled one without a key',
      { label: 'crm' },
      'keys is undefined, and not a string. Is the environment variable set?',
    ],
    ['a label that is empty', [{ label: '', key: KEY }], 'keys[0].label must be a string that is not empty.'],
    ['a label that is not text', { label: 7, key: KEY }, 'keys.label must be a string that is not empty.'],
    [
      'too many',
      Array.from({ length: 1001 }, (_, index) => `key-${index}`),
      'keys has 1001 entries, and at most 1000 are tried. Pass a function that chooses.',
    ],
  ])('%s', (_name, keys, message) => {
    expect(() => createReceiver({ keys: keys as SignatureKeys })).toThrow(new TypeError(message));
  });
});

describe('a list', () => {
  test('accepts each of its keys, and the receipt says which one matched', async () => {
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

  test('accepts a delivery that is signed with two keys, as during a rotation', async () => {
    const { deliver } = probe({ keys: 'new-key' });
    expect(await deliver('1', { key: ['old-key', 'new-key'] })).toBe('200 ignored');
  });

  test('tries the key that matched last first, and the others in the order they had', async () => {
    const { receiver } = probe({ keys: ['a', 'b', 'c'].map((label) => ({ label, key: `key-${label}` })) });
    /** Of several keys that match, the first that is tried counts. */
    const firstOf = async (...labels: string[]) => {
      const key = labels.map((label) => `key-${label}`);
      return (await receiver.receive(delivery('1', { key }))).keyLabel;
    };
    expect(await firstOf('a', 'b', 'c')).toBe('a');
    expect(await firstOf('c')).toBe('c');
    expect(await firstOf('a', 'b', 'c')).toBe('c');
    expect(await firstOf('b', 'a')).toBe('a');
    expect(await firstOf('b', 'c')).toBe('c');
    expect(await firstOf('a', 'b', 'c')).toBe('c');
  });

  test('never grows, however often a key matches', async () => {
    const keyring = createKeyring(['a', 'b', 'c'].map((label) => ({ label, key: `key-${label}` })));
    const labels = async () => (await keyring.candidates({}, undefined)).map(({ label }) => label);
    for (const index of [2, 1, 1, 2, 0]) {
      const key = (await keyring.candidates({}, undefined))[index];
      if (key) keyring.promote(key);
    }
    expect((await labels()).toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('is copied, so a later change of the list changes nothing', async () => {
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

  test('gets lower-case headers and the url, and is called once for each delivery with acceptable headers', async () => {
    const lookups: KeyLookup[] = [];
    const { receiver } = probe({
      keys: (lookup) => {
        lookups.push(lookup);
        return KEY;
      },
    });
    const { method, headers, body } = delivery('1', { headers: { 'X-Subscription': 'crm' } });
    await receiver.receive({ method, headers: new Headers(headers), body, url: '/hook?a=b' });
    await receiver.receive({ method, headers: { ...headers, [SIGNATURE_HEADER]: '' }, body });
    await receiver.receive({ method, headers, body });
    const names = { ...plain(headers), 'x-subscription': 'crm' };
    expect(lookups.map((lookup) => ({ ...lookup, headers: { ...lookup.headers } }))).toEqual([
      { headers: names, url: '/hook?a=b' },
      { headers: names, url: undefined },
    ]);
  });

  const tooMany = 'keys has 21 entries, and at most 20 are tried. Pass a function that chooses.';
  test.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('no database');
      },
      'no database',
    ],
    ['rejects', () => Promise.reject(new Error('no database')), 'no database'],
    [
      'finds nothing',
      () => undefined,
      'keys is undefined, and not a string. Is the environment variable set?',
    ],
    ['finds an empty list', () => [], 'keys is an empty list. Pass at least one signature key.'],
    ['returns a blank key', () => '', 'keys is blank. Is the environment variable set?'],
    ['returns too many', () => Array(21).fill(KEY), tooMany],
  ])('that %s is answered with 503, because a 401 would lose the event', async (_name, keys, cause) => {
    const { deliver, errors } = probe({ keys: keys as () => string });
    expect(await deliver()).toBe('503 KEY_LOOKUP_FAILED');
    expect(errors).toMatchObject([
      {
        message: 'Your key resolver returned no usable key.',
        hint:
          'It threw, took longer than 2500 ms, or returned no key: see error.cause. ' + 'Showpad will retry.',
        cause: { message: cause },
      },
    ]);
  });

  test('may return twenty keys', async () => {
    const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
    expect(await probe({ keys: () => keys }).deliver('1', { key: 'key-19' })).toBe('200 ignored');
  });

  test('that hangs is answered with 503 after 2.5 s', async () => {
    stopTime();
    const { deliver, errors } = probe({ keys: () => new Promise<string>(() => {}) });
    const answer = deliver();
    await vi.advanceTimersByTimeAsync(2_499);
    expect(await isSettled(answer)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toBe('503 KEY_LOOKUP_FAILED');
    expect(errors[0]?.cause).toEqual(new Error('There was no result within 2500 ms.'));
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** Header names in lower case, as a resolver gets them. */
function plain(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

test('a key is used as UTF-8', async () => {
  const { receiver } = probe({ keys: 'clé-🔑' });
  expect((await receiver.receive(signedDelivery(TYPE, { key: 'clé-🔑' }))).outcome).toBe('ignored');
  const bytes = createHmac('sha256', Buffer.from('clé-🔑', 'utf8')).update('{}.1').digest('base64');
  expect(sign('{}', 'clé-🔑', 1)).toBe(bytes);
});

describe('many keys', () => {
  /** How many turns other work gets while a forged delivery is verified, if each look at the clock takes so long. */
  async function turnsDuring(keyCount: number, lookMs: number): Promise<number> {
    const { receiver } = probe({ keys: Array.from({ length: keyCount }, (_, index) => `key ${index}`) });
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      nowMs += lookMs;
      return nowMs;
    });
    onTestFinished(() => void vi.restoreAllMocks());
    const forged = { ...delivery(), body: Buffer.from('{}') };
    let isDone = false;
    let turns = 0;
    const count = () => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    expect((await receiver.receive(forged)).error?.code).toBe('SIGNATURE_MISMATCH');
    isDone = true;
    return turns;
  }

  test('do not block the event loop: other work gets a turn every 2 ms', async () => {
    const turns = await turnsDuring(100, 1);
    expect(turns).toBeGreaterThanOrEqual(45);
    expect(turns).toBeLessThanOrEqual(55);
  });

  test('are tried in one go if that takes no longer', async () => {
    expect(await turnsDuring(100, 0)).toBeLessThanOrEqual(1);
  });
});
