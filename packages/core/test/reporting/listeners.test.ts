import {
  createReceiver,
  type ErrorInfo,
  PermanentError,
  ShowpadWebhookError,
  type WebhookRequest,
} from '@showpad-webhooks/core';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { type CommonProbeOptions, delivery, KEY, memoryLogger, NOW_MS, probe, TYPE } from '../support.ts';

const fail = () => Promise.reject(new Error('The CRM is down.'));
const refuse = () => Promise.reject(new PermanentError('There is no such deal.'));
const timestampSeconds = NOW_MS / 1000;
const sound = delivery('event-1', { timestampSeconds });
const clock = () => NOW_MS;
const throwing = () => {
  throw new Error('The listener is broken.');
};

describe('onRejected hears of mistakes of the sender, and onError does not', () => {
  const rejections: [string, Partial<WebhookRequest>][] = [
    ['SIGNATURE_MISMATCH', delivery('event-1', { timestampSeconds, key: 'a-forged-key' })],
    ['SIGNATURE_MISSING', { headers: {} }],
    ['TIMESTAMP_TOO_OLD', delivery('event-1', { timestampSeconds: timestampSeconds - 301 })],
    ['METHOD_NOT_ALLOWED', { method: 'PUT' }],
    ['BODY_TOO_LARGE', { headers: { ...sound.headers, 'content-length': '41943041' } }],
    ['ENCODING_UNSUPPORTED', { headers: { ...sound.headers, 'content-encoding': 'gzip' } }],
    ['EVENT_INVALID', delivery('', { timestampSeconds })],
  ];

  test.each(rejections)('%s', async (code, change) => {
    const { receiver, errors, rejected } = probe({ clock });
    const { outcome, error } = await receiver.receive({ ...sound, ...change });
    expect(outcome).toBe('rejected');
    expect(rejected).toEqual([error]);
    expect(error?.code).toBe(code);
    expect(errors).toEqual([]);
  });
});

describe('onError hears of trouble on this side, and onRejected does not', () => {
  const gone = new ShowpadWebhookError('BODY_TIMEOUT', 'The body is too slow.', { hint: 'None.' });
  const troubles: [string, Parameters<typeof probe>[0], Partial<WebhookRequest>][] = [
    ['HANDLER_FAILED', { on: { [TYPE]: fail } }, {}],
    ['PERMANENT_FAILURE', { on: { [TYPE]: refuse } }, {}],
    ['KEY_LOOKUP_FAILED', { keys: fail }, {}],
    ['RAW_BODY_UNAVAILABLE', {}, { body: fail }],
    ['BODY_TIMEOUT', {}, { body: () => Promise.reject(gone) }],
  ];

  test.each(troubles)('%s', async (code, options, change) => {
    const { receiver, errors, rejected } = probe({ clock, ...options });
    const { error } = await receiver.receive({ ...sound, ...change });
    expect(error?.code).toBe(code);
    expect(errors).toEqual([error]);
    expect(rejected).toEqual([]);
  });

  test('even if an adapter passes no request at all', async () => {
    const { receiver, errors } = probe();
    const { response } = await receiver.receive(undefined as unknown as WebhookRequest);
    expect(response.status).toBe(500);
    expect(errors).toMatchObject([
      { code: 'HANDLER_FAILED', message: 'The delivery could not be received.' },
    ]);
  });
});

describe('a listener learns', () => {
  async function infoOf(options: CommonProbeOptions, change?: Partial<WebhookRequest>) {
    const infos: ErrorInfo[] = [];
    const receiver = createReceiver({ name: 'crm', keys: { label: 'spaces', key: KEY }, clock, ...options });
    receiver.onError((_error, info) => infos.push(info)).onRejected((_error, info) => infos.push(info));
    await receiver.receive({ ...sound, url: '/hooks?a=1', ...change });
    return infos;
  }

  test('the event, the key and the attempt, if the delivery is authentic', async () => {
    expect(await infoOf({ on: { [TYPE]: fail } })).toEqual([
      {
        receiverName: 'crm',
        method: 'POST',
        url: '/hooks?a=1',
        keyLabel: 'spaces',
        event: expect.objectContaining({ type: TYPE, id: 'event-1' }),
        attempt: 1,
      },
    ]);
  });

  test('nothing of a body that is not authentic', async () => {
    expect(await infoOf({}, { body: Buffer.from('{"type":"forged","id":"1"}') })).toEqual([
      {
        receiverName: 'crm',
        method: 'POST',
        url: '/hooks?a=1',
        keyLabel: undefined,
        event: undefined,
        attempt: undefined,
      },
    ]);
  });

  test('of trouble that belongs to no delivery what is known, and the log has it too', async () => {
    const infos: ErrorInfo[] = [];
    const errors: ShowpadWebhookError[] = [];
    const { logger, lines } = memoryLogger();
    const problems = ['It is not synced to disk. Turn "fsync" on.'];
    const inbox = {
      ...createMemoryInbox({ name: 'crm' }),
      health: async () => ({ isReachable: true, lagMs: 0, problems }),
    };
    await createReceiver({ keys: KEY, inbox, logger })
      .onError((error, info) => {
        errors.push(error);
        infos.push(info);
      })
      .start();
    // Nothing has failed or taken long, and the problem itself says what to do.
    const msg = `The inbox reports a problem. ${problems[0]}`;
    const hint = 'Until it is fixed, health() lists it too.';
    expect(errors).toMatchObject([{ code: 'INBOX_FAILED', message: msg, hint }]);
    expect(infos).toEqual([
      {
        receiverName: 'crm',
        method: undefined,
        url: undefined,
        keyLabel: undefined,
        event: undefined,
        attempt: undefined,
      },
    ]);
    expect(lines).toMatchObject([{ receiverName: 'crm', msg }]);
  });

  test('about an error although another listener before it failed', async () => {
    const told = vi.fn();
    const receiver = createReceiver({ keys: KEY, clock, on: { [TYPE]: fail } });
    receiver.onError(throwing).onError(fail).onError(told);
    await receiver.receive(sound);
    expect(told).toHaveBeenCalledTimes(1);
  });
});

test('an error that a listener or a logger hears is no process warning', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const on = { [TYPE]: fail };
  const { logger } = memoryLogger();
  await createReceiver({ keys: KEY, clock, logger, on }).receive(sound);
  await createReceiver({ keys: KEY, clock, on })
    .onError(() => {})
    .receive(sound);
  expect(warn).not.toHaveBeenCalled();
  await createReceiver({ keys: KEY, clock, on })
    .onRejected(() => {})
    .receive(sound);
  expect(warn.mock.calls).toMatchObject([[expect.any(String), { code: 'HANDLER_FAILED' }]]);
  warn.mockRestore();
});

describe('the response does not change and does not wait if', () => {
  const listeners: [string, () => unknown][] = [
    ['throws', throwing],
    ['rejects', () => Promise.reject(new Error('The listener is broken.'))],
    ['hangs', () => new Promise(() => {})],
  ];

  test.each(listeners)('a listener %s', async (how, listener) => {
    const { logger, lines } = memoryLogger();
    const receiver = createReceiver({ keys: KEY, clock, logger, on: { [TYPE]: fail } });
    receiver.onError(listener).onRejected(listener);
    expect((await receiver.receive(sound)).response.status).toBe(500);
    expect((await receiver.receive({ ...sound, method: 'PUT' })).response.status).toBe(405);
    const complaints = lines.filter(({ msg }) => msg === 'A Showpad webhook listener failed.');
    const broken = { receiverName: 'default', err: { message: 'The listener is broken.' } };
    expect(complaints).toMatchObject(how === 'hangs' ? [] : [broken, broken]);
  });

  test.each(listeners)('a logger %s', async (_how, broken) => {
    const logger = { debug: broken, info: broken, warn: broken, error: broken } as never;
    const receiver = createReceiver({ keys: KEY, clock, logger, on: { [TYPE]: [() => {}, fail] } });
    receiver.onError(throwing);
    expect((await receiver.receive(sound)).response.status).toBe(500);
    expect((await receiver.receive({ ...sound, method: 'PUT' })).response.status).toBe(405);
    const quiet = createReceiver({ keys: KEY, clock, logger });
    expect((await quiet.receive(sound)).response.status).toBe(200);
  });
});
