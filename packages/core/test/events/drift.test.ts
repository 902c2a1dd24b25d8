import {
  createReceiver,
  type EventSchemas,
  type ShowpadWebhookError,
  type StandardSchemaV1,
} from '@showpad-webhooks/core';
import { createMemoryInbox, signedDelivery } from '@showpad-webhooks/core/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { KEY, memoryLogger, probe } from '../support.ts';

const TYPE = 'asset-viewed';
const schemas: EventSchemas = {
  [TYPE]: z.object({
    items: z.array(z.object({ size: z.number() })),
    owner: z.record(z.string(), z.number()),
  }),
};
const send = (data: unknown, id: string) => signedDelivery({ type: TYPE, id, data }, { key: KEY });
const DRIFTED = {
  items: [{ size: 'secret' }, { size: 1 }, { size: 'secret' }, {}],
  owner: { 'secret@example.com': 'secret', d40cce9cdc0945298b8120ca7de4adc7: 'secret' },
};

describe('with the schema mode "report"', () => {
  test('a handler gets the data as it was sent, and each path of a type is reported once, without values', async () => {
    const seen: unknown[] = [];
    const { receiver, errors } = probe({ schemas, schemaMode: 'report' });
    receiver.on(TYPE as never, (event: { readonly data: unknown }) => seen.push(event.data));
    expect((await receiver.receive(send(DRIFTED, '1'))).outcome).toBe('handled');
    expect((await receiver.receive(send(DRIFTED, '2'))).outcome).toBe('handled');
    expect((await receiver.receive(send({ ...DRIFTED, items: null }, '3'))).outcome).toBe('handled');
    expect(seen).toEqual([DRIFTED, DRIFTED, { ...DRIFTED, items: null }]);
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      [
        'EVENT_DRIFT',
        `An event does not fit schemas["${TYPE}"]: data.items[].size (string), data.owner.* (string).`,
      ],
      ['EVENT_DRIFT', `An event does not fit schemas["${TYPE}"]: data.items (null).`],
    ]);
    expect(errors[0]?.hint).toBe(
      'The handlers ran with the data as it was sent. If Showpad has changed the payload, change the schema.',
    );
  });

  test('an event that fits gets the output of its schema', async () => {
    const seen: unknown[] = [];
    const receiver = createReceiver({
      keys: KEY,
      schemas: { [TYPE]: z.object({ seconds: z.coerce.number() }) },
      schemaMode: 'report',
      on: { [TYPE]: ({ data }) => seen.push(data.seconds) },
    });
    await receiver.receive(send({ seconds: '42' }, '1'));
    expect(seen).toEqual([42]);
  });

  test('a schema that throws loses no event either', async () => {
    const cause = new Error('the schema is broken');
    const validate = () => Promise.reject(cause);
    const schema: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'test', validate } };
    const { receiver, errors } = probe({ schemas: { [TYPE]: schema }, schemaMode: 'report' });
    receiver.onAny(() => {});
    for (const id of ['1', '2']) expect((await receiver.receive(send({}, id))).outcome).toBe('handled');
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      message: `An event does not fit schemas["${TYPE}"]: data (object).`,
      cause,
    });
  });

  test('a field may be named by objects, as some schema libraries do, and may be missing', async () => {
    const issues = [
      { message: '', path: [{ key: 'items' }] },
      { message: '', path: ['owner'] },
    ];
    const validate = () => ({ issues });
    const schema: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'test', validate } };
    const { receiver, errors } = probe({ schemas: { [TYPE]: schema }, schemaMode: 'report' });
    receiver.onAny(() => {});
    await receiver.receive(send({ items: [1] }, '1'));
    expect(errors[0]?.message).toContain(': data.items (array), data.owner (missing).');
  });

  test('keys that are ever new do not fill the memory or the log', async () => {
    const { receiver, errors } = probe({
      schemas: { [TYPE]: z.record(z.string(), z.number()) },
      schemaMode: 'report',
    });
    receiver.onAny(() => {});
    for (let count = 0; count < 30; count++) {
      const data = Object.fromEntries(
        Array.from({ length: 50 }, (_, index) => [`field${count}x${index}`, 'text']),
      );
      await receiver.receive(send(data, `${count}`));
    }
    expect(errors).toHaveLength(20);
  });

  test('telemetry and the logger hear of it, and telemetry that throws changes nothing', async () => {
    const heard: ShowpadWebhookError[] = [];
    const { logger, lines } = memoryLogger();
    const telemetry = {
      aroundDelivery: async ({ receive }: { receive(): Promise<unknown> }) => receive(),
      aroundHandler: async ({ run }: { run(): Promise<unknown> }) => run(),
      onDrift({ error }: { readonly error: ShowpadWebhookError }) {
        heard.push(error);
        throw new Error('the exporter is down');
      },
    };
    const { receiver } = probe({ schemas, schemaMode: 'report', telemetry, logger });
    receiver.onAny(() => {});
    expect((await receiver.receive(send(DRIFTED, '1'))).outcome).toBe('handled');
    expect(heard.map(({ code }) => code)).toEqual(['EVENT_DRIFT']);
    expect(lines.map(({ msg }) => msg)).toContain(heard[0]?.message);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test.each([
    ['there is no telemetry', undefined],
    [
      'telemetry does not listen to it',
      {
        aroundDelivery: async ({ receive }: { receive(): Promise<unknown> }) => receive(),
        aroundHandler: async ({ run }: { run(): Promise<unknown> }) => run(),
      },
    ],
  ])('is no trouble if %s', async (_what, telemetry) => {
    const { logger, lines } = memoryLogger();
    const { receiver } = probe({ schemas, schemaMode: 'report', logger, ...(telemetry && { telemetry }) });
    receiver.onAny(() => {});
    await receiver.receive(send(DRIFTED, '1'));
    expect(lines.map(({ msg }) => msg)).toEqual([
      expect.stringContaining('does not fit'),
      'showpad webhook handled',
    ]);
  });

  test('works behind an inbox too', async () => {
    const { receiver, errors } = probe({ schemas, schemaMode: 'report', inbox: createMemoryInbox() });
    const handled = new Promise((resolve) => receiver.onAny(resolve));
    await receiver.start();
    await receiver.receive(send(DRIFTED, '1'));
    await handled;
    expect(errors.map(({ code }) => code)).toEqual(['EVENT_DRIFT']);
    await receiver.close();
  });
});

test('another schema mode is refused', () => {
  expect(() => createReceiver({ keys: KEY, schemaMode: 'warn' as never })).toThrow(
    new TypeError("The option \"schemaMode\" must be 'reject' or 'report'."),
  );
});
