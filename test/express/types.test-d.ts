import { createReceiver, showpadHandler, showpadWebhooks } from '@showpad-webhooks/express';
import type { Express } from 'express';
import { describe, expectTypeOf, test } from 'vitest';

const path = '/webhooks/showpad';
const keys = 'a-signature-key';
declare const app: Express;

describe('showpadWebhooks', () => {
  test('needs a path, and keys or a receiver', () => {
    app.use(showpadWebhooks({ path, keys }));
    app.use(showpadWebhooks({ path, receiver: createReceiver({ keys }) }));
    // @ts-expect-error there is no path
    showpadWebhooks({ keys });
    // @ts-expect-error there is neither a key nor a receiver
    showpadWebhooks({ path });
    // @ts-expect-error options of a receiver do not go next to a receiver
    showpadWebhooks({ path, keys, receiver: createReceiver({ keys }) });
    // @ts-expect-error the option is "toleranceSeconds"
    showpadWebhooks({ path, keys, tolerance: 1 });
  });

  test('gives handlers the data of their types', () => {
    showpadWebhooks({
      path,
      keys,
      on: {
        'shared-space-user-added': (event) => expectTypeOf(event.data.invitee.email).toEqualTypeOf<string>(),
        // @ts-expect-error there is no such field
        'shared-space-created': (event) => event.data.sharedSpace?.title,
      },
    });
    // @ts-expect-error "share-" should be "shared-"
    showpadWebhooks({ path, keys, on: { 'share-space-user-added': () => {} } });
  });

  test('has the receiver that it was given', () => {
    const receiver = createReceiver<{ mine: { a: number } }>({ keys });
    expectTypeOf(showpadWebhooks({ path, receiver }).receiver).toEqualTypeOf(receiver);
  });
});

describe('showpadHandler', () => {
  test('takes options or a receiver, and no path', () => {
    app.post(path, showpadHandler({ keys }));
    app.post(path, showpadHandler(createReceiver({ keys })));
    // @ts-expect-error the route has the path
    showpadHandler({ path, keys });
  });

  test('has the receiver that it was given', () => {
    const receiver = createReceiver<{ mine: { a: number } }>({ keys });
    expectTypeOf(showpadHandler(receiver).receiver).toEqualTypeOf(receiver);
  });
});
