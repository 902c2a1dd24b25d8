import { createMemoryLedger, createReceiver } from '@showpad-webhooks/core';
import { createMemoryInbox } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';
import { delivery, KEY, probe, TYPE } from './support.ts';

type Options = Parameters<typeof createReceiver>[0];

const create = (options: unknown) => () => createReceiver(options as Options);

describe('createReceiver', () => {
  test.each([
    ['tolerance', { tolerance: 5 }],
    ['Keys', { Keys: KEY }],
    ['toString', { toString: () => KEY }],
    ['__proto__', JSON.parse('{"__proto__": {}}')],
  ])('rejects the unknown option %j and lists the known ones', (name, option) => {
    const options = Object.assign(Object.create(null), { keys: KEY });
    for (const [key, value] of Object.entries(option)) options[key] = value;
    expect(create(options)).toThrow(TypeError);
    expect(create(options)).toThrow(
      new TypeError(
        `"${name}" is not an option. The options are: name, keys, on, toleranceSeconds, maxBodyBytes, maxBytesInFlight, methods, ` +
          'handlerTimeoutMs, ledger, inbox, schemas, schemaMode, identify, clock, logger, telemetry, explainMismatches, ' +
          'waitUntil.',
      ),
    );
  });

  test.each([undefined, null, KEY, 42])('rejects %j as its options', (options) => {
    expect(create(options)).toThrow(new TypeError('The options must be an object with at least { keys }.'));
  });

  const bounds = ['toleranceSeconds', 'maxBodyBytes', 'handlerTimeoutMs'];
  const noBounds = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '300', null];
  test.each(bounds.flatMap((option) => noBounds.map((value) => [option, value] as const)))(
    'rejects %s: %j',
    (option, value) => {
      expect(create({ keys: KEY, [option]: value })).toThrow(
        new TypeError(`The option "${option}" must be a number above 0, not ${value}.`),
      );
    },
  );

  test.each(['', ' crm', 'crm:eu', 'é', 'x'.repeat(65), 'crm\n'])('rejects the name %j', (name) => {
    expect(create({ keys: KEY, name })).toThrow(
      new TypeError('The option "name" must be 1 to 64 letters, digits, and any of . _ -'),
    );
  });

  test.each(['crm', 'CRM_2.eu-west', 'x'.repeat(64)])('accepts the name %j', (name) => {
    expect(createReceiver({ keys: KEY, name }).name).toBe(name);
  });

  test.each([[[]], ['POST'], [['PUT']], [['POST', 'post']], [null]])('rejects the methods %j', (methods) => {
    expect(create({ keys: KEY, methods })).toThrow(
      new TypeError("The option \"methods\" must be ['POST'], ['GET'] or ['POST', 'GET']."),
    );
  });

  test.each([[{ [TYPE]: {} }], [{ [TYPE]: undefined }], [{ [TYPE]: { '~standard': {} } }]])(
    'rejects the schemas %j',
    (schemas) => {
      expect(create({ keys: KEY, schemas })).toThrow(
        new TypeError(`schemas["${TYPE}"] is not a Standard Schema. See https://standardschema.dev.`),
      );
    },
  );

  test('treats an option that is undefined as one that is missing', async () => {
    const options = { keys: KEY, name: undefined, maxBodyBytes: undefined, ledger: undefined, on: undefined };
    const receiver = createReceiver(options as unknown as Options);
    expect(receiver.name).toBe('default');
    expect((await receiver.receive(delivery())).outcome).toBe('ignored');
  });

  test.each([[['POST']], [['GET']], [['POST', 'GET']], [['GET', 'POST']]] as const)(
    'accepts the methods %j',
    (methods) => {
      expect(() => createReceiver({ keys: KEY, methods })).not.toThrow();
    },
  );
});

describe('the name of a receiver', () => {
  test('is "default" without a name and without an inbox', () => {
    expect(createReceiver({ keys: KEY }).name).toBe('default');
  });

  test('is the name of its inbox', () => {
    expect(createReceiver({ keys: KEY, inbox: createMemoryInbox() }).name).toBe('default');
    expect(createReceiver({ keys: KEY, inbox: createMemoryInbox({ name: 'crm' }) }).name).toBe('crm');
  });

  test('next to an inbox must be the same', () => {
    const inbox = createMemoryInbox({ name: 'crm' });
    expect(create({ keys: KEY, inbox, name: 'mail' })).toThrow(
      new TypeError('The inbox names its receiver "crm". Give the name "mail" to the inbox instead.'),
    );
    expect(create({ keys: KEY, inbox, name: 'default' })).toThrow(TypeError);
    expect(create({ keys: KEY, inbox, name: 'crm' })().name).toBe('crm');
    expect(create({ keys: KEY, inbox, name: undefined })().name).toBe('crm');
  });

  test('of an inbox must be a name too', () => {
    expect(create({ keys: KEY, inbox: createMemoryInbox({ name: 'crm eu' }) })).toThrow(
      new TypeError('The option "name" must be 1 to 64 letters, digits, and any of . _ -'),
    );
  });
});

describe('a ledger and an inbox', () => {
  test('exclude each other', () => {
    const options = { keys: KEY, inbox: createMemoryInbox() };
    expect(create({ ...options, ledger: createMemoryLedger() })).toThrow(
      new TypeError('Pass either a ledger or an inbox: an inbox also handles each event once.'),
    );
    for (const ledger of [false, undefined]) expect(create({ ...options, ledger })).not.toThrow();
  });
});

test('maxBodyBytes is 10 MiB by default, and four times as much is read to find out what is authentic', async () => {
  const limits: number[] = [];
  const request = delivery();
  const body = async (limitBytes: number) => {
    limits.push(limitBytes);
    return request.body;
  };
  await createReceiver({ keys: KEY }).receive({ ...request, body });
  await createReceiver({ keys: KEY, maxBodyBytes: 5_000 }).receive({ ...request, body });
  expect(limits).toEqual([4 * 10_485_760, 20_000]);
});

test('the clock decides what is stale', async () => {
  const signedAtSeconds = 1_700_000_000;
  const atAge = (seconds: number, toleranceSeconds: number) =>
    probe({ toleranceSeconds, clock: () => (signedAtSeconds + seconds) * 1000 }).deliver('event-1', {
      timestampSeconds: signedAtSeconds,
    });
  expect(await atAge(60, 60)).toBe('200 ignored');
  expect(await atAge(61, 60)).toBe('401 TIMESTAMP_TOO_OLD');
  expect(await atAge(-61, 60)).toBe('503 CLOCK_SUSPECT');
});

test('the clock decides how long an event is remembered without a ledger of your own', async () => {
  let nowMs = 1_700_000_000_000;
  const { deliver } = probe({ clock: () => nowMs, on: { [TYPE]: () => {} } });
  const deliverNow = () => deliver('event-1', { timestampSeconds: nowMs / 1000 });
  expect([await deliverNow(), await deliverNow()]).toEqual(['200 handled', '200 duplicate']);
  nowMs += 49 * 3_600_000;
  expect(await deliverNow()).toBe('200 handled');
});
