import { PermanentError, ShowpadWebhookError } from '@showpad-webhooks/core';
import { describe, expect, test } from 'vitest';
import { probeWithLetters, TYPE } from './support.ts';

/** An error of another copy of this package: its class is another, and its marker the same. */
const ofAnotherCopy = (name: string) =>
  Object.assign(new Error('no'), { [Symbol.for(`@showpad-webhooks/core/${name}`)]: true });

const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('looked at');
    },
  },
);

describe.each([
  ['ShowpadWebhookError', ShowpadWebhookError, new ShowpadWebhookError('CLOSED', 'closed', 'none')],
  ['PermanentError', PermanentError, new PermanentError('no')],
] as const)('%s', (name, Class, error) => {
  test('is an Error, and says its name', () => {
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(Class);
    expect(String(error)).toBe(`${name}: ${error.message}`);
    expect(error.stack).toMatch(new RegExp(`^${name}: ${error.message}\n`));
  });

  test('is known across copies of the package', () => {
    expect(Class.isInstance(error)).toBe(true);
    expect(Class.isInstance(ofAnotherCopy(name))).toBe(true);
  });

  test.each([undefined, null, 'no', 0, {}, new Error('no'), () => {}])('is not %o', (value) => {
    expect(Class.isInstance(value)).toBe(false);
  });

  test('is not the other one, nor what throws when it is looked at', () => {
    expect(ShowpadWebhookError.isInstance(new PermanentError())).toBe(false);
    expect(PermanentError.isInstance(new ShowpadWebhookError('CLOSED', 'closed', 'none'))).toBe(false);
    expect(Class.isInstance(hostile)).toBe(false);
  });
});

test('an error has a cause only where there is one', () => {
  const cause = new Error('the disk is full');
  expect(new ShowpadWebhookError('LEDGER_FAILED', 'no', 'none', cause).cause).toBe(cause);
  expect(new ShowpadWebhookError('LEDGER_FAILED', 'no', 'none', null).cause).toBe(null);
  expect('cause' in new ShowpadWebhookError('LEDGER_FAILED', 'no', 'none')).toBe(false);
  expect(new PermanentError('no', { cause }).cause).toBe(cause);
});

test('a handler may throw the PermanentError of another copy', async () => {
  const refuse = () => Promise.reject(ofAnotherCopy('PermanentError'));
  const { deliver, letters } = probeWithLetters({ on: { [TYPE]: refuse } });
  expect(await deliver()).toBe('422 PERMANENT_FAILURE');
  expect(letters).toMatchObject([{ reason: 'permanent' }]);
});
