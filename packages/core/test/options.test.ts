import { createReceiver } from '@showpad-webhooks/core';
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
  ])('refuses the unknown option %j and names those it knows', (name, option) => {
    const options = Object.assign(Object.create(null), { keys: KEY });
    for (const [key, value] of Object.entries(option)) options[key] = value;
    expect(create(options)).toThrow(TypeError);
    expect(create(options)).toThrow(`unknown option "${name}". Known: name, keys, on, toleranceSeconds,`);
  });

  test.each([undefined, null, KEY, 42])('refuses %j as its options', (options) => {
    expect(create(options)).toThrow(new TypeError('options must be an object with at least { keys }.'));
  });

  const bounds = ['toleranceSeconds', 'maxBodyBytes', 'handlerTimeoutMs'];
  const noBounds = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '300', null];
  test.each(bounds.flatMap((option) => noBounds.map((value) => [option, value] as const)))(
    'refuses %s: %j',
    (option, value) => {
      expect(create({ keys: KEY, [option]: value })).toThrow(
        new TypeError(`${option} must be a number above 0, not ${value}.`),
      );
    },
  );

  test.each(['', ' crm', 'crm:eu', 'é', 'x'.repeat(65), 'crm\n'])('refuses the name %j', (name) => {
    expect(create({ keys: KEY, name })).toThrow(
      new TypeError('name must be 1 to 64 letters, digits and any of . _ -'),
    );
  });

  test.each(['crm', 'CRM_2.eu-west', 'x'.repeat(64)])('takes the name %j', (name) => {
    expect(createReceiver({ keys: KEY, name }).name).toBe(name);
  });

  test.each([[[]], ['POST'], [['PUT']], [['POST', 'post']], [null]])('refuses the methods %j', (methods) => {
    expect(create({ keys: KEY, methods })).toThrow(
      new TypeError("methods must be ['POST'], ['GET'] or ['POST', 'GET']."),
    );
  });

  test.each([[{ [TYPE]: {} }], [{ [TYPE]: undefined }], [{ [TYPE]: { '~standard': {} } }]])(
    'refuses the schemas %j',
    (schemas) => {
      expect(create({ keys: KEY, schemas })).toThrow(
        new TypeError(`schemas["${TYPE}"] is no Standard Schema (standardschema.dev)`),
      );
    },
  );

  test('takes an option that is undefined for one that is missing', async () => {
    const options = { keys: KEY, name: undefined, maxBodyBytes: undefined, ledger: undefined, on: undefined };
    const receiver = createReceiver(options as unknown as Options);
    expect(receiver.name).toBe('default');
    expect((await receiver.receive(delivery())).outcome).toBe('ignored');
  });
});

test('clock decides what is stale', async () => {
  const signedAtSeconds = 1_700_000_000;
  const atAge = (seconds: number, toleranceSeconds: number) =>
    probe({ toleranceSeconds, clock: () => (signedAtSeconds + seconds) * 1000 }).deliver('event-1', {
      timestampSeconds: signedAtSeconds,
    });
  expect(await atAge(60, 60)).toBe('200 ignored');
  expect(await atAge(61, 60)).toBe('401 TIMESTAMP_TOO_OLD');
  expect(await atAge(-61, 60)).toBe('401 TIMESTAMP_IN_FUTURE');
});
