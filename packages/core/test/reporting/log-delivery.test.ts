import { createReceiver, PermanentError, type WebhookRequest } from '@showpad-webhooks/core';
import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { deferred, delivery, journal, KEY, memoryLogger, NOW_MS, probe, TYPE } from '../support.ts';

const fail = () => Promise.reject(new Error('The CRM is down.'));
const refuse = () => Promise.reject(new PermanentError('There is no such deal.'));
const timestampSeconds = NOW_MS / 1000;
const sound = delivery('event-1', { timestampSeconds });
const clock = () => NOW_MS;

describe('the log has one line for each delivery', () => {
  const LEVELS: Record<number, string> = { 30: 'info', 40: 'warn', 50: 'error' };
  const common = { receiverName: 'default', durationMs: 0, time: expect.any(Number) };
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
        receiverName: 'crm',
        outcome: 'rejected',
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
        reason: 'The delivery uses the method "PUT".',
        hint: 'Create the subscription with POST, or set the option "methods".',
      },
    ],
    [
      'error',
      { keys: { label: 'spaces', key: KEY }, on: { [TYPE]: refuse } },
      {},
      {
        ...known,
        outcome: 'failed',
        status: 422,
        code: 'PERMANENT_FAILURE',
        reason: `The handler "refuse" for "${TYPE}" threw a PermanentError.`,
        hint: 'So no retry follows, and the event counts as completed. See error.cause.',
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
        reason: `The handler "fail" for "${TYPE}" threw an error.`,
        hint: 'See error.cause. The handler runs again with the next attempt, unless this was the last one.',
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
        reason: 'Your key resolver returned no usable key.',
        hint:
          'It threw, took longer than 2500 ms, or returned no key: see error.cause. ' + 'Showpad will retry.',
      },
    ],
  ];

  test.each(cases)('%s: %j %j', async (level, options, change, fields) => {
    const { logger, lines } = memoryLogger();
    await probe({ clock, logger, ...options }).receiver.receive({ ...sound, ...change });
    const outcome = 'outcome' in fields ? fields.outcome : undefined;
    // The warning that the receiver has no handlers belongs to no delivery.
    const ofDeliveries = lines.filter((line) => 'outcome' in line);
    expect(ofDeliveries.map((line) => ({ ...line, level: LEVELS[line.level as number] }))).toEqual([
      { ...fields, level, msg: `showpad webhook ${outcome}` },
    ]);
  });

  test('with how long the delivery took, by the clock', async () => {
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

  test('with ids and types cut at 128 characters', async () => {
    const { logger, lines } = memoryLogger();
    const receiver = createReceiver({ keys: KEY, clock, logger }).onAny(() => {});
    const send = (id: string, type: string) =>
      receiver.receive(signedDelivery({ type, id, data: {} }, { key: KEY, timestampSeconds }));
    await send('i'.repeat(128), 't'.repeat(128));
    await send('i'.repeat(129), 't'.repeat(1_000_000));
    expect(lines).toMatchObject([
      { id: 'i'.repeat(128), type: 't'.repeat(128) },
      { id: `${'i'.repeat(128)}…`, type: `${'t'.repeat(128)}…` },
    ]);
  });

  test('with the control characters of a sender escaped, so that they reach no terminal and begin no line', async () => {
    const { logger, lines } = memoryLogger();
    const type = 'a\u009b2J\u007f\u202e\u2066\r\n2026-11-23 ERROR';
    const shown = 'a\\u009b2J\\u007f\\u202e\\u2066\\r\\n2026-11-23 ERROR';
    const receiver = createReceiver({ keys: KEY, clock, logger }).onAny(fail);
    await receiver.receive(
      signedDelivery({ type, id: '\u001b]0;x', data: {} }, { key: KEY, timestampSeconds }),
    );
    expect(lines).toMatchObject([
      { type: shown, id: '\\u001b]0;x', reason: expect.stringContaining(`"${shown}" threw an error.`) },
    ]);
  });

  test('without half a character, sent or left by the cut', async () => {
    const { logger, lines } = memoryLogger();
    const receiver = createReceiver({ keys: KEY, clock, logger }).onAny(() => {});
    const body = `{"id":"\\ud83e","type":"${'t'.repeat(127)}🥓","data":{}}`;
    await receiver.receive(signedDelivery({ body }, { key: KEY, timestampSeconds }));
    expect(lines).toMatchObject([{ id: '\\ud83e', type: `${'t'.repeat(127)}…` }]);
  });

  test('and there is none without a logger', async () => {
    const written = vi.spyOn(process.stdout, 'write');
    await probe({ clock, on: { [TYPE]: fail } }).receiver.receive(sound);
    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
  });
});

test.each([
  ['405', { method: 'PUT' }, ['receiverName', 'outcome', 'status', 'code', 'reason', 'hint', 'durationMs']],
  ['200', {}, ['receiverName', 'outcome', 'status', 'type', 'id', 'attempt', 'durationMs']],
])('a line has no field without a value: %s', async (_status, change, names) => {
  const fields: string[] = [];
  const keep = (given: object) => void fields.push(...Object.keys(given));
  const logger = { debug: keep, info: keep, warn: keep, error: keep };
  await probe({ clock, logger, on: { [TYPE]: () => {} } }).receiver.receive({ ...sound, ...change });
  expect(fields).toEqual(names);
});

test('the line of an attempt of an inbox has no status, because there is no response', async () => {
  const handled = journal<string[]>();
  const keep = (given: object) => handled.add(Object.keys(given));
  const logger = { debug: keep, info: keep, warn: keep, error: keep };
  const { receiver } = probe({ logger, inbox: createMemoryInbox(), on: { [TYPE]: () => {} } });
  await receiver.start();
  await receiver.receive(delivery());
  const lines = await handled.has(2);
  expect(lines).toContainEqual(['receiverName', 'outcome', 'status', 'type', 'id', 'durationMs']);
  expect(lines).toContainEqual(['receiverName', 'outcome', 'type', 'id', 'attempt', 'durationMs']);
  await receiver.close();
});

test('a method of the logger keeps its `this`', async () => {
  class Lines {
    readonly lines: unknown[] = [];
    debug() {}
    info(_fields: object, message?: string) {
      this.lines.push(message);
    }
    warn() {}
    error() {}
  }
  const logger = new Lines();
  await probe({ clock, logger }).receiver.receive(sound);
  expect(logger.lines).toEqual(['showpad webhook ignored']);
});
