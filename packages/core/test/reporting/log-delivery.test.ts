import { createReceiver, PermanentError, type WebhookRequest } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { deferred, delivery, KEY, memoryLogger, NOW_MS, probe, TYPE } from './support.ts';

const fail = () => Promise.reject(new Error('the CRM is down'));
const refuse = () => Promise.reject(new PermanentError('no such deal'));
const timestampSeconds = NOW_MS / 1000;
const sound = delivery('event-1', { timestampSeconds });
const clock = () => NOW_MS;

describe('the log has one line for each delivery', () => {
  const LEVELS: Record<number, string> = { 30: 'info', 40: 'warn', 50: 'error' };
  const common = { receiver: 'default', durationMs: 0, time: expect.any(Number) };
  const known = { ...common, type: TYPE, id: 'event-1' };
  const cases: [string, Parameters<typeof probe>[0], Partial<WebhookRequest>, object][] = [
    ['info', { on: { [TYPE]: () => {} } }, {}, { ...known, outcome: 'handled', status: 200, attempt: 1 }],
    ['info', {}, {}, { ...known, outcome: 'ignored', status: 200 }],
    [
      'warn',
      { name: 'crm' },
      { method: 'PUT' },
      {
        ...common,
        receiver: 'crm',
        outcome: 'rejected',
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
        reason: 'a delivery by "PUT"',
        hint: 'Subscribe with POST, or set the option "methods".',
      },
    ],
    [
      'error',
      { keys: { label: 'spaces', key: KEY }, on: { [TYPE]: refuse } },
      {},
      {
        ...known,
        outcome: 'refused',
        status: 422,
        code: 'PERMANENT_FAILURE',
        reason: expect.any(String),
        hint: expect.any(String),
        keyLabel: 'spaces',
        attempt: 1,
      },
    ],
    [
      'error',
      { on: { [TYPE]: fail } },
      {},
      {
        ...known,
        outcome: 'failed',
        status: 500,
        code: 'HANDLER_FAILED',
        reason: expect.any(String),
        hint: expect.any(String),
        attempt: 1,
      },
    ],
    [
      'warn',
      { keys: fail },
      {},
      {
        ...common,
        outcome: 'unavailable',
        status: 503,
        code: 'KEY_LOOKUP_FAILED',
        reason: expect.any(String),
        hint: expect.any(String),
      },
    ],
  ];

  test.each(cases)('%s: %j %j', async (level, options, change, fields) => {
    const { logger, lines } = memoryLogger();
    await probe({ clock, logger, ...options }).receiver.receive({ ...sound, ...change });
    const outcome = 'outcome' in fields ? fields.outcome : undefined;
    expect(lines.map((line) => ({ ...line, level: LEVELS[line.level as number] }))).toEqual([
      { ...fields, level, msg: `showpad webhook ${outcome}` },
    ]);
  });

  test('with how long it took, by the clock', async () => {
    const { logger, lines } = memoryLogger();
    let nowMs = NOW_MS;
    const crm = deferred();
    const receiver = createReceiver({
      keys: KEY,
      clock: () => nowMs,
      logger,
      on: { [TYPE]: () => crm.promise },
    });
    const receipt = receiver.receive(sound);
    nowMs += 250;
    crm.resolve();
    await receipt;
    expect(lines).toMatchObject([{ outcome: 'handled', durationMs: 250 }]);
  });

  test('with ids and types of over 128 characters cut short', async () => {
    const { logger, lines } = memoryLogger();
    const receiver = createReceiver({ keys: KEY, clock, logger });
    const send = (id: string, type: string) =>
      receiver.receive(signedDelivery({ type, id, data: {} }, { key: KEY, timestampSeconds }));
    await send('i'.repeat(128), 't'.repeat(128));
    await send('i'.repeat(129), 't'.repeat(1_000_000));
    expect(lines).toMatchObject([
      { id: 'i'.repeat(128), type: 't'.repeat(128) },
      { id: `${'i'.repeat(128)}…`, type: `${'t'.repeat(128)}…` },
    ]);
  });

  test('and none where no logger is given', async () => {
    const written = vi.spyOn(process.stdout, 'write');
    await probe({ clock, on: { [TYPE]: fail } }).receiver.receive(sound);
    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
  });
});
