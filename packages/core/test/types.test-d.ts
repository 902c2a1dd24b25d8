import type { IncomingMessage } from 'node:http';
import {
  type AnyReceiver,
  createMemoryLedger,
  createReceiver,
  type EventEnvelope,
  type EventOf,
  type EventSchemas,
  type Handler,
  type Receiver,
  type SharedSpaceUserAddedData,
  type ShowpadEvent,
  type ShowpadEventMap,
  type StandardSchemaV1,
  type UnknownEvent,
} from '@showpad-webhooks/core';
import {
  createNodeHandler,
  createRouteHandler,
  findRawBody,
  type NodeHandler,
  type RawBodySources,
} from '@showpad-webhooks/core/node';
import { type BodySource, createMemoryInbox, type signedDelivery } from '@showpad-webhooks/core/testing';
import { assertType, describe, expectTypeOf, test } from 'vitest';

const keys = 'a-signature-key';
declare const schema: StandardSchemaV1<unknown, { assetId: string }>;
declare const otherSchema: StandardSchemaV1<unknown, { score: number }>;

interface MyEvents extends ShowpadEventMap {
  'asset-viewed': { assetId: string };
}

describe('on', () => {
  const receiver = createReceiver({ keys });

  test('passes the data of its type to the handler', () => {
    receiver.on('shared-space-user-added', (event, context) => {
      expectTypeOf(event.type).toEqualTypeOf<'shared-space-user-added'>();
      expectTypeOf(event.data).toEqualTypeOf<SharedSpaceUserAddedData>();
      expectTypeOf(event.date).toEqualTypeOf<Date | undefined>();
      expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
    });
  });

  test('passes the union to the handler of a list, and the type narrows it', () => {
    receiver.on(['shared-space-user-added', 'COURSE_COMPLETED'], (event) => {
      expectTypeOf(event.type).toEqualTypeOf<'shared-space-user-added' | 'COURSE_COMPLETED'>();
      if (event.type === 'shared-space-user-added')
        expectTypeOf(event.data).toEqualTypeOf<SharedSpaceUserAddedData>();
    });
  });

  test('rejects a misspelt type', () => {
    // @ts-expect-error "share-" for "shared-"
    receiver.on('share-space-user-added', () => {});
    // @ts-expect-error one of two is misspelt
    receiver.on(['shared-space-created', 'course_completed'], () => {});
  });

  test('rejects a handler for another payload', () => {
    const other = (event: EventEnvelope<'shared-space-user-added', { score: number }>) => event.data.score;
    // @ts-expect-error the event has no such data
    receiver.on('shared-space-user-added', other);
    // @ts-expect-error the data has no such field
    receiver.on('shared-space-user-added', (event) => event.data.invited);
  });

  test('makes a handler check inferred fields before it uses them', () => {
    // @ts-expect-error sharedSpace is inferred, so it may be missing
    receiver.on('shared-space-created', (event) => event.data.sharedSpace.name);
  });
});

describe('onAny', () => {
  test('is strict: a handler must accept every event', () => {
    const receiver = createReceiver({ keys });
    type Added = EventOf<ShowpadEventMap, 'shared-space-user-added'>;
    receiver.onAny((event: ShowpadEvent) => event.id);
    receiver.onAny((event: EventEnvelope<string, unknown>) => event.id);
    // @ts-expect-error because there are other events
    receiver.onAny((event: Added) => event.data.invitee);
    // @ts-expect-error because there are other known events
    receiver.onAny((event: Added | UnknownEvent) => event.id);
    // @ts-expect-error because there are unknown events
    receiver.onAny((event: EventOf<ShowpadEventMap, keyof ShowpadEventMap & string>) => event.id);
    // @ts-expect-error because the data may be anything
    receiver.onAny((event: EventEnvelope<string, { score: number }>) => event.data.score);
    // @ts-expect-error because an event has no such field
    receiver.onAny((event) => event.payload);
  });

  test('narrows by type, and leaves unknown types to the rest', () => {
    createReceiver({ keys }).onAny((event) => {
      expectTypeOf(event.type).toExtend<string>();
      if (event.type === 'shared-space-user-added') {
        expectTypeOf(event.data).toEqualTypeOf<SharedSpaceUserAddedData>();
      } else if (event.type !== 'shared-space-created' && event.type !== 'COURSE_COMPLETED') {
        expectTypeOf(event.data).toEqualTypeOf<unknown>();
      }
    });
  });
});

describe('options', () => {
  test('reject an unknown one', () => {
    // @ts-expect-error it is toleranceSeconds
    createReceiver({ keys, tolerance: 60 });
    // @ts-expect-error keys are required
    createReceiver({ name: 'eu' });
  });

  test('have a ledger or an inbox, and not both', () => {
    const [ledger, inbox] = [createMemoryLedger(), createMemoryInbox()];
    createReceiver({ keys, ledger });
    createReceiver({ keys, ledger: false });
    createReceiver({ keys, inbox });
    createReceiver({ keys, inbox: undefined, ledger: undefined });
    // @ts-expect-error because an inbox handles each event once itself
    createReceiver({ keys, ledger, inbox });
    // @ts-expect-error because an inbox handles each event once itself
    createReceiver({ keys, ledger: false, inbox });
  });

  test('have a name, unless the inbox has it', () => {
    createReceiver({ keys, name: 'crm' });
    createReceiver({ keys, name: 'crm', ledger: false });
    // @ts-expect-error because the receiver takes the name of its inbox
    createReceiver({ keys, name: 'crm', inbox: createMemoryInbox({ name: 'crm' }) });
  });

  test('type the handlers of "on" by their key, one or several', () => {
    createReceiver({
      keys,
      on: {
        'shared-space-user-added': (event) =>
          expectTypeOf(event.data).toEqualTypeOf<SharedSpaceUserAddedData>(),
        'shared-space-created': [(event) => expectTypeOf(event.type).toEqualTypeOf<'shared-space-created'>()],
      },
    });
  });

  test('reject a misspelt type in "on"', () => {
    // @ts-expect-error "share-" for "shared-"
    createReceiver({ keys, on: { 'share-space-created': () => {} } });
  });

  test('accept every form of keys', () => {
    createReceiver({ keys: [{ label: 'crm', key: 'a' }, 'b'] });
    createReceiver({ keys: async ({ headers, url }) => `${headers['x-subscription']}${url}` });
    // @ts-expect-error because a number is not a key
    createReceiver({ keys: 42 });
  });
});

describe('a map of your own', () => {
  test('adds types', () => {
    const receiver = createReceiver<MyEvents>({ keys });
    receiver.on('asset-viewed', (event) => expectTypeOf(event.data.assetId).toEqualTypeOf<string>());
    receiver.on('shared-space-user-added', (event) =>
      expectTypeOf(event.data).toEqualTypeOf<SharedSpaceUserAddedData>(),
    );
    // @ts-expect-error because the map has no such type
    receiver.on('asset-seen', () => {});
  });

  test('accepts any type if it is open', () => {
    const receiver = createReceiver<ShowpadEventMap & { [type: string]: unknown }>({ keys });
    receiver.on('whatever', (event) => expectTypeOf(event.data).toEqualTypeOf<unknown>());
    receiver.on('shared-space-user-added', (event) =>
      expectTypeOf(event.data).toEqualTypeOf<SharedSpaceUserAddedData>(),
    );
  });
});

describe('schemas', () => {
  test('type the data of their events, and leave the others', () => {
    const receiver = createReceiver({
      keys,
      schemas: { 'asset-viewed': schema, COURSE_COMPLETED: schema },
      on: { 'asset-viewed': (event) => expectTypeOf(event.data).toEqualTypeOf<{ assetId: string }>() },
    });
    receiver.on('COURSE_COMPLETED', (event) => expectTypeOf(event.data).toEqualTypeOf<{ assetId: string }>());
    receiver.on('shared-space-user-added', (event) =>
      expectTypeOf(event.data).toEqualTypeOf<SharedSpaceUserAddedData>(),
    );
    // @ts-expect-error neither in the map nor in the schemas
    receiver.on('asset-seen', () => {});
  });

  test('give a receiver a type that is readable', () => {
    expectTypeOf(createReceiver({ keys, schemas: { 'asset-viewed': schema } })).toEqualTypeOf<
      Receiver<Omit<ShowpadEventMap, 'asset-viewed'> & { 'asset-viewed': { assetId: string } }>
    >();
    expectTypeOf(createReceiver({ keys, schemas: { COURSE_COMPLETED: otherSchema } })).toEqualTypeOf<
      Receiver<Omit<ShowpadEventMap, 'COURSE_COMPLETED'> & { COURSE_COMPLETED: { score: number } }>
    >();
    expectTypeOf(createReceiver<MyEvents>({ keys, schemas: { 'asset-viewed': schema } })).toEqualTypeOf<
      Receiver<MyEvents>
    >();
  });

  test('fit a map of your own, and keep its types', () => {
    const receiver = createReceiver<MyEvents>({ keys, schemas: { 'asset-viewed': schema } });
    receiver.on('asset-viewed', (event) => expectTypeOf(event.data).toEqualTypeOf<{ assetId: string }>());
    receiver.on('shared-space-user-added', (event) =>
      expectTypeOf(event.data).toEqualTypeOf<SharedSpaceUserAddedData>(),
    );
    // @ts-expect-error because the map has no such type
    receiver.on('asset-seen', () => {});
    // @ts-expect-error because the schema puts out something else
    createReceiver<MyEvents>({ keys, schemas: { 'asset-viewed': otherSchema } });
    // @ts-expect-error because the map has no such type
    createReceiver<MyEvents>({ keys, schemas: { 'asset-seen': schema } });
    // @ts-expect-error because this is not a schema
    createReceiver<MyEvents>({ keys, schemas: { 'asset-viewed': {} } });
  });

  test('that are known only at run time change no type', () => {
    const schemas: EventSchemas = { 'asset-viewed': schema };
    expectTypeOf(createReceiver({ keys, schemas })).toEqualTypeOf<Receiver>();
  });
});

describe('a receiver with more events', () => {
  const withSchemas = createReceiver({ keys, schemas: { 'asset-viewed': schema } });
  const ofMyEvents = createReceiver<MyEvents>({ keys });
  const replacing = createReceiver({ keys, schemas: { 'shared-space-user-added': schema } });

  test('is accepted as a Receiver', () => {
    assertType<Receiver>(withSchemas);
    assertType<Receiver>(ofMyEvents);
  });

  test('is accepted as any receiver, even if it replaces types', () => {
    for (const receiver of [withSchemas, ofMyEvents, replacing]) assertType<AnyReceiver>(receiver);
  });

  test('is kept by a Node handler', () => {
    expectTypeOf(createNodeHandler({ path: '/', keys, schemas: { 'asset-viewed': schema } })).toEqualTypeOf<
      NodeHandler<Omit<ShowpadEventMap, 'asset-viewed'> & { 'asset-viewed': { assetId: string } }>
    >();
    expectTypeOf(createNodeHandler({ path: '/', keys })).toEqualTypeOf<NodeHandler<ShowpadEventMap>>();
    createNodeHandler<MyEvents>({ path: '/', receiver: ofMyEvents });
    createRouteHandler(withSchemas);
    // @ts-expect-error because the path is missing
    createNodeHandler({ keys });
    // @ts-expect-error because the receiver has its keys already
    createNodeHandler({ path: '/', keys, receiver: ofMyEvents });
  });
});

test('a receiver without schemas is a plain Receiver', () => {
  expectTypeOf(createReceiver({ keys })).toEqualTypeOf<Receiver>();
  assertType<Handler<ShowpadEvent>>((event) => event.id);
});

test('findRawBody accepts a request, whatever another package says about its rawBody', () => {
  type Request<RawBody> = Omit<IncomingMessage, 'rawBody'> & { rawBody?: RawBody };
  const sources: Omit<RawBodySources, 'req'> = { explainMissingBody: () => 'Move it.' };
  assertType(findRawBody({ ...sources, req: {} as IncomingMessage }));
  assertType(findRawBody({ ...sources, req: {} as Request<string> }));
  assertType(findRawBody({ ...sources, req: {} as Request<Buffer> }));
});

test('what signedDelivery takes can be named', () => {
  assertType<Parameters<typeof signedDelivery>[0]>({ body: '' } satisfies BodySource);
});
