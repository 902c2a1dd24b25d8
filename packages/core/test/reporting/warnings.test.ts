import { createMemoryLedger, createReceiver, PermanentError } from '@showpad-webhooks/core';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { delivery, KEY, memoryLogger, probe, settled, TYPE } from '../support.ts';
import { processWarnings } from './process-warnings.ts';

const warnings = processWarnings();

afterEach(() => vi.unstubAllEnvs());

const DETAIL =
  'This is shown once per code. To hear of every delivery, pass a logger, or add onError and onRejected listeners.';
const cause = new Error('The CRM is down.');
const fail = () => Promise.reject(cause);

describe('an error that nobody hears is a warning of the process', () => {
  test('once for each code, with its message and its hint', async () => {
    const forged = (key: string) => delivery('event-1', { key });
    const receiver = createReceiver({ keys: KEY });
    await receiver.receive(forged('a-forged-key'));
    await receiver.receive(forged('another-forged-key'));
    await createReceiver({ keys: KEY }).receive({ ...delivery(), method: 'PUT' });
    expect(await warnings.has(2)).toMatchObject([
      {
        name: 'ShowpadWebhooksWarning',
        code: 'SIGNATURE_MISMATCH',
        message: expect.stringMatching(
          /^None of your keys matches the signature\. Each Showpad subscription has/,
        ),
        detail: DETAIL,
      },
      {
        name: 'ShowpadWebhooksWarning',
        code: 'METHOD_NOT_ALLOWED',
        message:
          'The delivery uses the method "PUT". Create the subscription with POST, or set the option "methods".',
        detail: DETAIL,
      },
    ]);
  });

  test('with its cause, because nobody else shows it', async () => {
    await createReceiver({ keys: fail }).receive(delivery());
    const [warning] = await warnings.has(1);
    expect(warning?.code).toBe('KEY_LOOKUP_FAILED');
    expect(warning?.detail).toBe(`The cause is: ${cause.stack}\n${DETAIL}`);
  });

  test('with the control characters of its cause escaped, except for line breaks', async () => {
    const refuse = () => Promise.reject(new PermanentError('No deal:\n\u009b2J\u202e'));
    await createReceiver({ keys: KEY, on: { [TYPE]: refuse } }).receive(delivery());
    const [warning] = await warnings.has(1);
    expect(warning?.code).toBe('PERMANENT_FAILURE');
    expect(warning?.detail).toContain('No deal:\n\\u009b2J\\u202e\n');
  });

  test('with a cause that is not an Error', async () => {
    const ledger = { ...createMemoryLedger(), claim: () => Promise.reject('gone') };
    await createReceiver({ keys: KEY, ledger, on: { [TYPE]: () => {} } }).receive(delivery());
    const [warning] = await warnings.has(1);
    expect(warning?.code).toBe('LEDGER_FAILED');
    expect(warning?.detail).toBe(`The cause is: gone\n${DETAIL}`);
  });

  test('also if its cause cannot be read, and the delivery is answered all the same', async () => {
    const unreadable = new Proxy(
      {},
      {
        get() {
          throw new Error('It throws when it is read.');
        },
      },
    );
    const inbox = { ...createMemoryInbox(), put: () => Promise.reject(unreadable) };
    const receipt = await createReceiver({ keys: KEY, inbox }).receive(delivery());
    expect(receipt.response.status).toBe(503);
    const [warning] = await warnings.has(1);
    expect(warning?.code).toBe('INBOX_FAILED');
    expect(warning?.detail).toBe(`The cause is: an error that cannot be read\n${DETAIL}`);
  });

  test('without its cause in production, because the cause may quote the payload', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    await createReceiver({ keys: KEY, on: { [TYPE]: fail } }).receive(delivery());
    expect(await warnings.has(1)).toMatchObject([{ code: 'HANDLER_FAILED', detail: DETAIL }]);
  });

  test('but not if a listener or a logger hears it', async () => {
    const { logger, lines } = memoryLogger();
    const refuse = () => Promise.reject(new PermanentError('There is no such deal.'));
    await createReceiver({ keys: KEY, logger, on: { [TYPE]: refuse } }).receive(delivery());
    await probe({ on: { [TYPE]: refuse } }).receiver.receive(delivery());
    await settled();
    expect(lines).toHaveLength(1);
    expect(warnings.entries).toEqual([]);
  });

  test('and nothing on a runtime that has no such warnings', async () => {
    const { emitWarning } = process;
    Object.assign(process, { emitWarning: undefined });
    try {
      const headers = { 'content-encoding': 'gzip' };
      const { outcome } = await createReceiver({ keys: KEY }).receive({ ...delivery(), headers });
      expect(outcome).toBe('rejected');
    } finally {
      Object.assign(process, { emitWarning });
    }
  });

  test('and if only the other listener is there', async () => {
    const receiver = createReceiver({ keys: KEY, on: { [TYPE]: () => {} } }).onRejected(() => {});
    await receiver.close();
    await receiver.receive(delivery());
    expect(await warnings.has(1)).toMatchObject([{ code: 'CLOSED' }]);
  });
});
