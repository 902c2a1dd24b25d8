import { PermanentError, ShowpadWebhookError } from '@showpad-webhooks/core';
import { describe, expect, test } from 'vitest';
import { messageOf, stackOf } from '../../src/shared/error.ts';
import { probeWithLetters, TYPE } from '../support.ts';

/** An error of another copy of this package. Its class is another one, and its marker is the same. */
const ofAnotherCopy = (name: string) =>
  Object.assign(new Error('No.'), { [Symbol.for(`@showpad-webhooks/core/${name}`)]: true });

const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('It was looked at.');
    },
  },
);

describe.each([
  [
    'ShowpadWebhookError',
    ShowpadWebhookError,
    new ShowpadWebhookError('CLOSED', 'It is closed.', { hint: 'Open it.' }),
  ],
  ['PermanentError', PermanentError, new PermanentError('No.')],
] as const)('%s', (name, Class, error) => {
  test('is an Error with its name', () => {
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(Class);
    expect(String(error)).toBe(`${name}: ${error.message}`);
    expect(error.stack).toMatch(new RegExp(`^${name}: ${error.message}\\n`.replaceAll('.', '\\.')));
  });

  test('is recognized across copies of the package', () => {
    expect(Class.isInstance(error)).toBe(true);
    expect(Class.isInstance(ofAnotherCopy(name))).toBe(true);
  });

  test.each([undefined, null, 'no', 0, {}, new Error('No.'), () => {}])('is not %o', (value) => {
    expect(Class.isInstance(value)).toBe(false);
  });

  test('is not the other one, and not something that throws when it is looked at', () => {
    expect(ShowpadWebhookError.isInstance(new PermanentError())).toBe(false);
    expect(
      PermanentError.isInstance(new ShowpadWebhookError('CLOSED', 'It is closed.', { hint: 'Open it.' })),
    ).toBe(false);
    expect(Class.isInstance(hostile)).toBe(false);
  });
});

test('an error has a code, a message and a hint, and a cause only if there is one', () => {
  const cause = new Error('The disk is full.');
  const make = (...more: [unknown?]) =>
    new ShowpadWebhookError('LEDGER_FAILED', 'The ledger failed.', {
      hint: 'Can it be reached?',
      ...(more.length > 0 && { cause: more[0] }),
    });
  const { code, message, hint } = make();
  expect([code, message, hint]).toEqual(['LEDGER_FAILED', 'The ledger failed.', 'Can it be reached?']);
  expect(make(cause).cause).toBe(cause);
  expect(make(null).cause).toBe(null);
  expect('cause' in make()).toBe(false);
  expect('cause' in make(undefined)).toBe(false);
  expect(new PermanentError('No.', { cause }).cause).toBe(cause);
});

test.each([
  [new Error('The disk is full.'), 'The disk is full.'],
  [{ message: 'The disk is full.' }, 'The disk is full.'],
  ['The disk is full.', 'The disk is full.'],
  [null, 'null'],
  [undefined, 'undefined'],
  [Symbol('x'), 'Symbol(x)'],
  [hostile, 'an error that cannot be read'],
])('what was thrown has a message, whatever it is: example %#', (thrown, message) => {
  expect(messageOf(thrown)).toBe(message);
});

test('an error has a stack', () => {
  const error = new Error('The disk is full.');
  expect(stackOf(error)).toBe(error.stack);
  expect(stackOf('no error')).toBe('no error');
});

describe('control characters are escaped', () => {
  const text = 'a\u001b[2J\u009b\u202e\u2028\ud800\nb';
  const shown = 'a\\u001b[2J\\u009b\\u202e\\u2028\\ud800\\nb';

  test('in the message and the hint of an error, because an adapter may quote what was sent', () => {
    const { message, hint } = new ShowpadWebhookError('RAW_BODY_UNAVAILABLE', text, { hint: text });
    expect([message, hint]).toEqual([shown, shown]);
  });

  test('in what is shown of an error that was thrown, but not the lines of its stack', () => {
    expect(messageOf(new Error(text))).toBe(shown);
    expect(stackOf({ stack: `${text}\n    at b` })).toBe(`${shown.replace('\\n', '\n')}\n    at b`);
  });
});

test('a handler may throw the PermanentError of another copy', async () => {
  const refuse = () => Promise.reject(ofAnotherCopy('PermanentError'));
  const { deliver, letters } = probeWithLetters({ on: { [TYPE]: refuse } });
  expect(await deliver()).toBe('422 PERMANENT_FAILURE');
  expect(letters).toMatchObject([{ reason: 'permanent' }]);
});
