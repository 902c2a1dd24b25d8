import { Injectable } from '@nestjs/common';
import { describe, expectTypeOf, test } from 'vitest';
import {
  type EventOf,
  type HandlerContext,
  OnShowpadEvent,
  type ShowpadEvent,
  type ShowpadEventMap,
  ShowpadWebhooksModule,
} from '../src/index.ts';

type Added = EventOf<ShowpadEventMap, 'shared-space-user-added'>;
type Created = EventOf<ShowpadEventMap, 'shared-space-created'>;

describe('@OnShowpadEvent', () => {
  test('takes a method for its event, with or without the context, async or not', () => {
    @Injectable()
    class Handlers {
      @OnShowpadEvent('shared-space-user-added')
      plain(event: Added) {
        return event.data.invitee.email;
      }

      @OnShowpadEvent('shared-space-user-added')
      async both(_event: Added, context: HandlerContext) {
        return context.attempt;
      }

      @OnShowpadEvent('shared-space-user-added')
      none() {}

      @OnShowpadEvent('shared-space-user-added')
      wider(event: ShowpadEvent) {
        return event.id;
      }

      @OnShowpadEvent(['shared-space-user-added', 'shared-space-created'])
      several(event: Added | Created) {
        return event.type;
      }

      @OnShowpadEvent('*')
      any(event: ShowpadEvent) {
        return event.type;
      }
    }
    expectTypeOf<Handlers['plain']>().returns.toBeString();
  });

  test('refuses a method for another event', () => {
    @Injectable()
    class Handlers {
      // @ts-expect-error the method takes another event
      @OnShowpadEvent('shared-space-user-added')
      other(event: Created) {
        return event;
      }

      // @ts-expect-error the method takes just one of the two
      @OnShowpadEvent(['shared-space-user-added', 'shared-space-created'])
      one(event: Added) {
        return event;
      }

      // @ts-expect-error the method takes just one of all
      @OnShowpadEvent('*')
      any(event: Added) {
        return event;
      }
    }
    expectTypeOf<Handlers>().not.toBeAny();
  });

  test('refuses a method named by a symbol, which Nest does not find', () => {
    const method = Symbol('method');
    @Injectable()
    class Handlers {
      // @ts-expect-error a symbol is no name
      @OnShowpadEvent('shared-space-user-added')
      [method]() {}
    }
    expectTypeOf<Handlers>().not.toBeAny();
  });

  test('refuses a misspelt type and an unknown option', () => {
    // @ts-expect-error "share-" for "shared-"
    OnShowpadEvent('share-space-user-added');
    // @ts-expect-error it is receiver
    OnShowpadEvent('shared-space-created', { reciever: 'eu' });
  });
});

describe('forRoot', () => {
  test('needs a path and keys, and refuses an unknown option', () => {
    ShowpadWebhooksModule.forRoot({ path: '/x', keys: 'a', name: 'eu', isGlobal: true });
    // @ts-expect-error no path
    ShowpadWebhooksModule.forRoot({ keys: 'a' });
    // @ts-expect-error no keys
    ShowpadWebhooksModule.forRoot({ path: '/x' });
    // @ts-expect-error it is toleranceSeconds
    ShowpadWebhooksModule.forRoot({ path: '/x', keys: 'a', tolerance: 1 });
  });
});
