import {
  createReceiver,
  type Receipt,
  type ShowpadState,
  showpadHandler,
  showpadWebhooks,
} from '@showpad-webhooks/koa';
import type Koa3 from 'koa';
import type Koa2 from 'koa-v2';
import { describe, expectTypeOf, test } from 'vitest';

const keys = 'a-signature-key';
const path = '/webhooks/showpad';
declare const koa2: Koa2;
declare const koa3: Koa3;

describe('the middleware', () => {
  test('fits the typings of Koa 2 and 3, and leaves the app’s own types alone', () => {
    expectTypeOf(koa2.use(showpadWebhooks({ path, keys }))).toEqualTypeOf<Koa2>();
    expectTypeOf(koa3.use(showpadWebhooks({ path, keys }))).toEqualTypeOf<Koa3>();
  });

  test('fits an app with state and context of its own', () => {
    type App = Koa3<{ user: string }, { isAdmin: boolean }>;
    const app = {} as App;
    expectTypeOf(app.use(showpadWebhooks({ path, keys }))).toEqualTypeOf<App>();
  });

  test('gives its handlers the data of their types', () => {
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
    expectTypeOf(showpadHandler(receiver).receiver).toEqualTypeOf(receiver);
  });
});

test('showpadWebhooks needs a path, and showpadHandler takes none', () => {
  // @ts-expect-error there is no path
  showpadWebhooks({ keys });
  // @ts-expect-error the route has the path
  showpadHandler({ path, keys });
});

test('ctx.state has the receipt, if the app says so', () => {
  (({}) as Koa3<ShowpadState>).use((ctx) => {
    expectTypeOf(ctx.state.showpadReceipt).toEqualTypeOf<Receipt | undefined>();
  });
});
