import type { SignatureKeys } from '@showpad-webhooks/core';
import { type HostileOptions, KEY, TYPE } from '../entry.ts';

/** A good delivery to a receiver whose keys or handlers fail. The answer is never a 4xx, because that would lose the event. */
export interface OwnTrouble {
  readonly name: string;
  readonly options: HostileOptions;
  readonly expected: string;
  readonly reason: string;
  /** Set if the answer comes only after a deadline of the receiver. */
  readonly deadlineMs?: number;
}

const keys = (
  name: string,
  given: unknown,
  expected: string,
  reason: string,
  deadlineMs?: number,
): OwnTrouble => ({
  name: `keys: ${name}`,
  options: { keys: given as SignatureKeys },
  expected,
  reason,
  ...(deadlineMs !== undefined && { deadlineMs }),
});

const handler = (
  name: string,
  run: () => unknown,
  expected: string,
  reason: string,
  deadlineMs?: number,
): OwnTrouble => ({
  name: `handler: ${name}`,
  options: { on: { [TYPE]: run } as object },
  expected,
  reason,
  ...(deadlineMs !== undefined && { deadlineMs }),
});

const raise = (thrown: unknown) => () => {
  throw thrown;
};

const LOOKUP = '503 KEY_LOOKUP_FAILED';
const FAILED = '500 HANDLER_FAILED';
const AGAIN = 'the problem is on our side, and Showpad retries';
const hostileProxy = new Proxy(new Error('proxy'), {
  get: raise(new Error('a trap')),
  getPrototypeOf: raise(new Error('a trap')),
});

export const OWN_TROUBLES: readonly OwnTrouble[] = [
  keys('a resolver that throws', raise(new Error('no database')), LOOKUP, 'a retry may find the key'),
  keys('a resolver that throws null', raise(null), LOOKUP, 'a retry may find the key'),
  keys(
    'a resolver that rejects with a status',
    () => Promise.reject(Object.assign(new Error('x'), { status: 404 })),
    LOOKUP,
    'only our own status counts',
  ),
  keys('a resolver that hangs', () => new Promise(() => {}), LOOKUP, 'it has 2.5 s', 2_500),
  keys(
    'a resolver that returns nothing',
    () => undefined,
    LOOKUP,
    'a key that is not known yet may be known soon',
  ),
  keys(
    'a resolver that returns an empty list',
    () => [],
    LOOKUP,
    'a key that is not known yet may be known soon',
  ),
  keys(
    'a resolver that returns 1,000 keys',
    () => Array.from({ length: 1_000 }, (_, index) => `key-${index}`),
    LOOKUP,
    'a resolver has to choose, and at most 20 keys are tried',
  ),
  keys(
    'a resolver that returns 19 wrong keys and the right one',
    () => [...Array.from({ length: 19 }, (_, index) => `key-${index}`), KEY],
    '200 handled',
    'every key is tried',
  ),
  keys(
    'a resolver that returns the wrong key',
    () => 'another-key',
    '401 SIGNATURE_MISMATCH',
    'a key was found, but it is the wrong one',
  ),
  keys('a resolver that returns a number', () => 42, LOOKUP, 'a number is not a key'),
  keys(
    'a list of 1,000, the right one last',
    [...Array.from({ length: 999 }, (_, index) => `key-${index}`), KEY],
    '200 handled',
    'every key is tried',
  ),

  handler('throws an error', raise(new Error('x')), FAILED, AGAIN),
  handler('throws null', raise(null), FAILED, AGAIN),
  handler('throws undefined', raise(undefined), FAILED, AGAIN),
  handler('throws a string', raise('x'), FAILED, AGAIN),
  handler('throws a symbol', raise(Symbol('x')), FAILED, AGAIN),
  handler('throws a frozen error', raise(Object.freeze(new Error('x'))), FAILED, AGAIN),
  handler(
    'throws an error with .status = 404',
    raise(Object.assign(new Error('x'), { status: 404, statusCode: 404, expose: true })),
    FAILED,
    'only our own status counts',
  ),
  handler(
    'throws a fetch Response',
    raise(new Response('x', { status: 400 })),
    FAILED,
    'only our own status counts',
  ),
  handler('throws a proxy that throws when it is read', raise(hostileProxy), FAILED, AGAIN),
  handler('rejects', () => Promise.reject(new Error('x')), FAILED, AGAIN),
  handler(
    'returns a thenable that throws',
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: This is what the test is about.
      get then() {
        throw new Error('x');
      },
    }),
    FAILED,
    AGAIN,
  ),
  handler(
    'returns a thenable that calls back twice',
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: This is what the test is about.
      then(resolve: () => void, reject: (error: Error) => void) {
        resolve();
        reject(new Error('x'));
      },
    }),
    '200 handled',
    'the first call counts',
  ),
  handler('returns an object', () => ({ status: 500 }), '200 handled', 'what it returns is ignored'),
  handler(
    'never settles',
    () => new Promise(() => {}),
    '503 HANDLER_TIMEOUT',
    'it has 10 s, and then Showpad retries',
    10_000,
  ),
  handler(
    'throws after the answer',
    () => new Promise((_resolve, reject) => setTimeout(reject, 10_500, new Error('late'))),
    '503 HANDLER_TIMEOUT',
    'the answer is already sent, the error goes to onError, and the retry runs the handler again',
    10_000,
  ),
];
