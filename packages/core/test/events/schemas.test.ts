import { createReceiver, type EventSchemas, type StandardSchemaV1 } from '@showpad-webhooks/core';
import { signedDelivery } from '@showpad-webhooks/core/testing';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { KEY, probe, TYPE } from '../support.ts';

const viewed = (data: unknown, id = 'event-1') =>
  signedDelivery({ type: 'asset-viewed', id, data }, { key: KEY });

/** The same shape in three libraries: the seconds are sent as text, and the handler gets a number. */
const LIBRARIES = {
  zod: z.object({ viewer: z.object({ name: z.string() }), seconds: z.coerce.number().min(0) }),
  valibot: v.object({
    viewer: v.object({ name: v.string() }),
    seconds: v.pipe(v.string(), v.transform(Number), v.minValue(0)),
  }),
  arktype: type({ viewer: { name: 'string' }, seconds: 'string.numeric.parse' }),
} as const;

describe.each(Object.entries(LIBRARIES))('a schema of %s', (_library, schema) => {
  const schemas: EventSchemas = { 'asset-viewed': schema };

  test('gives the handlers its output, and the event of the receipt stays as it was sent', async () => {
    const seen: unknown[] = [];
    const receiver = createReceiver({ keys: KEY, schemas }).onAny((event) => seen.push(event.data));
    const data = { viewer: { name: 'Kent' }, seconds: '42' };
    const { outcome, event } = await receiver.receive(viewed(data));
    expect(outcome).toBe('handled');
    expect(seen).toEqual([{ viewer: { name: 'Kent' }, seconds: 42 }]);
    expect(event?.data).toEqual(data);
  });

  test.each([
    [{ viewer: { name: 12345 }, seconds: '1' }, ['data.viewer.name']],
    [{ viewer: {}, seconds: 'secret-value' }, ['data.seconds', 'data.viewer.name']],
    ['secret-value', ['data']],
  ])('makes the response 500 for %j, and names the fields but not their values', async (data, fields) => {
    const handler = vi.fn();
    const { receiver, errors } = probe({ schemas });
    receiver.onAny(handler);
    const { response, error } = await receiver.receive(viewed(data));
    expect(response.status).toBe(500);
    expect(errors).toEqual([error]);
    expect(error).toMatchObject({
      code: 'HANDLER_FAILED',
      message: 'The event does not fit schemas["asset-viewed"].',
      hint: 'See error.cause for the fields. Payloads change: make the schema accept what Showpad sends. Showpad will retry.',
    });
    const [, named = ''] = /^Error: The schema does not accept (.+)\.$/.exec(String(error?.cause)) ?? [];
    expect(named.split(', ').sort()).toEqual(fields);
    expect(handler).not.toHaveBeenCalled();
  });
});

test('a schema validates again at the retry, because a new release may have fixed it', async () => {
  let isFixed = false;
  const { receiver } = probe({ schemas: { 'asset-viewed': z.string().refine(() => isFixed) } });
  receiver.onAny(() => {});
  expect((await receiver.receive(viewed('a'))).response.status).toBe(500);
  isFixed = true;
  expect((await receiver.receive(viewed('a'))).outcome).toBe('handled');
});

test('a schema may be async', async () => {
  const seen: unknown[] = [];
  const schema = z.string().transform(async (text) => text.length);
  const receiver = createReceiver({
    keys: KEY,
    schemas: { 'asset-viewed': schema },
    on: { 'asset-viewed': (event) => seen.push(event.data) },
  });
  expect((await receiver.receive(viewed('four'))).outcome).toBe('handled');
  expect(seen).toEqual([4]);
});

test('a schema that throws makes the response 500', async () => {
  const boom = new Error('the schema is broken');
  const schema: StandardSchemaV1 = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: () => {
        throw boom;
      },
    },
  };
  const { receiver, errors } = probe({ schemas: { 'asset-viewed': schema } });
  receiver.onAny(() => {});
  expect((await receiver.receive(viewed({}))).response.status).toBe(500);
  expect(errors[0]?.cause).toBe(boom);
});

test('an issue without a path, or with keys in objects, is named too, and each field once', async () => {
  const validate = () => ({
    issues: [
      { message: 'a' },
      { message: 'b', path: [{ key: 'items' }, 0, Symbol('s')] },
      { message: 'c', path: ['items', { key: 0 }, { key: Symbol('s') }] },
    ],
  });
  const schema: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'test', validate } };
  const { receiver, errors } = probe({ schemas: { 'asset-viewed': schema } });
  receiver.onAny(() => {});
  await receiver.receive(viewed({ items: [] }));
  expect(errors[0]?.cause).toEqual(new Error('The schema does not accept data, data.items[].*.'));
});

test('keys that may be data, such as e-mail addresses and ids, are not named', async () => {
  const schema = z.object({ views: z.record(z.string(), z.number()) });
  const { receiver, errors } = probe({ schemas: { 'asset-viewed': schema } });
  receiver.onAny(() => {});
  const views = { 'kent@example.org': 'x', a0cce9cdc0945298b8120ca7de4adc7: 'x', user12345: 'x', total: 'x' };
  await receiver.receive(viewed({ views }));
  expect(errors[0]?.cause).toEqual(new Error('The schema does not accept data.views.*, data.views.total.'));
});

test('a schema does not touch other types, and is not needed if nobody handles its own', async () => {
  const { deliver, receiver } = probe({
    schemas: { 'asset-viewed': z.never(), constructor: z.never() },
    on: { [TYPE]: () => {} },
  });
  expect(await deliver()).toBe('200 handled');
  expect((await receiver.receive(viewed({}))).outcome).toBe('ignored');
});
