import type { IncomingMessage } from 'node:http';
import {
  createReceiver,
  type EventEnvelope,
  type Handler,
  type Receiver,
  type SharedSpaceUserAddedData,
  type ShowpadEvent,
  type ShowpadEventMap,
  type StandardSchemaV1,
} from '@showpad-webhooks/core';
import { findRawBody } from '@showpad-webhooks/core/node';
import { assertType, describe, expectTypeOf, test } from 'vitest';

const keys = 'a-signature-key';
declare const schema: StandardSchemaV1<unknown, { assetId: string }>;

describe('on', () => {
  const receiver = createReceiver({ keys });

  test('gives the handler the data of its type', () => {
    receiver.on('shared-space-user-added', (event, context) => {
      expectTypeOf(event.type).toEqualTypeOf<'shared-space-user-added'>();
      expectTypeOf(event.data).toEqualTypeOf<SharedSpaceUserAddedData>();
      expectTypeOf(event.date).toEqualTypeOf<Date | undefined>();
      expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
    });
  });

  test('gives the handler of a list the union, which the type narrows', () => {
    receiver.on(['shared-space-user-added', 'COURSE_COMPLETED'], (event) => {
      expectTypeOf(event.type).toEqualTypeOf<'shared-space-user-added' | 'COURSE_COMPLETED'>();
      if (event.type === 'shared-space-user-added')
        expectTypeOf(event.data).toEqualTypeOf<SharedSpaceUserAddedData>();
    });
  });

  test('refuses a misspelt type', () => {
    // @ts-expect-error "share-" for "shared-"
    receiver.on('share-space-user-added', () => {});
    // @ts-expect-error one of two is misspelt
    receiver.on(['shared-space-created', 'course_completed'], () => {});
  });

  test('refuses a handler for another payload', () => {
    const other = (event: EventEnvelope<'shared-space-user-added', { score: number }>) => event.data.score;
    // @ts-expect-error the event has no such data
    receiver.on('shared-space-user-added', other);
    // @ts-expect-error the data has no such field
    receiver.on('shared-space-user-added', (event) => event.data.invited);
  });

  test('makes the handler look at inferred fields before it uses them', () => {
    // @ts-expect-error sharedSpace is inferred, so it may be missing
    receiver.on('shared-space-created', (event) => event.data.sharedSpace.name);
  });
});

describe('onAny', () => {
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
  test('refuses an unknown one', () => {
    // @ts-expect-error it is toleranceSeconds
    createReceiver({ keys, tolerance: 60 });
    // @ts-expect-error keys are required
    createReceiver({ name: 'eu' });
  });

  test('types the handlers of "on" by their key, one or several', () => {
    createReceiver({
      keys,
      on: {
        'shared-space-user-added': (event) =>
          expectTypeOf(event.data).toEqualTypeOf<SharedSpaceUserAddedData>(),
        'shared-space-created': [(event) => expectTypeOf(event.type).toEqualTypeOf<'shared-space-created'>()],
      },
    });
  });

  test('refuses a misspelt type in "on"', () => {
    // @ts-expect-error "share-" for "shared-"
    createReceiver({ keys, on: { 'share-space-created': () => {} } });
  });

  test('takes every form of keys', () => {
    createReceiver({ keys: [{ label: 'crm', key: 'a' }, 'b'] });
    createReceiver({ keys: async ({ headers, url }) => `${headers['x-subscription']}${url}` });
    // @ts-expect-error no number is a key
    createReceiver({ keys: 42 });
  });
});

describe('a map of one’s own', () => {
  interface MyEvents extends ShowpadEventMap {
    'asset-viewed': { assetId: string };
  }

  test('adds types', () => {
    const receiver = createReceiver<MyEvents>({ keys });
    receiver.on('asset-viewed', (event) => expectTypeOf(event.data.assetId).toEqualTypeOf<string>());
    receiver.on('shared-space-user-added', (event) =>
      expectTypeOf(event.data).toEqualTypeOf<SharedSpaceUserAddedData>(),
    );
    // @ts-expect-error still a closed map
    receiver.on('asset-seen', () => {});
  });

  test('takes any type where it is open', () => {
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
});

test('a receiver without schemas is a plain Receiver', () => {
  expectTypeOf(createReceiver({ keys })).toEqualTypeOf<Receiver>();
  assertType<Handler<ShowpadEvent>>((event) => event.id);
});

test('findRawBody takes a request, whatever another package says of its rawBody', () => {
  type Request<RawBody> = Omit<IncomingMessage, 'rawBody'> & { rawBody?: RawBody };
  const sources = { body: undefined, mend: () => 'move it' };
  assertType(findRawBody({ ...sources, req: {} as IncomingMessage }));
  assertType(findRawBody({ ...sources, req: {} as Request<string> }));
  assertType(findRawBody({ ...sources, req: {} as Request<Buffer> }));
});
