import { Injectable, Logger } from '@nestjs/common';
import { describe, expectTypeOf, test } from 'vitest';
import {
  createOnShowpadEvent,
  type EventOf,
  type HandlerContext,
  OnShowpadEvent,
  type ShowpadEvent,
  type ShowpadEventMap,
  ShowpadWebhooksModule,
  type ShowpadWebhooksOptions,
  type ShowpadWebhooksOptionsFactory,
} from '../src/index.ts';
import { createMemoryInbox } from '../src/testing/index.ts';

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

  test('does not take a method for another event', () => {
    @Injectable()
    class Handlers {
      // @ts-expect-error the method takes another event
      @OnShowpadEvent('shared-space-user-added')
      other(event: Created) {
        return event;
      }

      // @ts-expect-error the method takes only one of the two
      @OnShowpadEvent(['shared-space-user-added', 'shared-space-created'])
      one(event: Added) {
        return event;
      }

      // @ts-expect-error the method takes only one of all
      @OnShowpadEvent('*')
      any(event: Added) {
        return event;
      }
    }
    expectTypeOf<Handlers>().not.toBeAny();
  });

  test('does not take a method named by a symbol, which Nest does not find', () => {
    const method = Symbol('method');
    @Injectable()
    class Handlers {
      // @ts-expect-error a symbol is not a name
      @OnShowpadEvent('shared-space-user-added')
      [method]() {}
    }
    expectTypeOf<Handlers>().not.toBeAny();
  });

  test('does not take a misspelt type or an unknown option', () => {
    // @ts-expect-error "share-" should be "shared-"
    OnShowpadEvent('share-space-user-added');
    // @ts-expect-error the option is "receiver"
    OnShowpadEvent('shared-space-created', { reciever: 'eu' });
  });
});

describe('createOnShowpadEvent', () => {
  interface OurEvents extends ShowpadEventMap {
    'asset-viewed': { assetId: string };
  }
  const OnOurEvent = createOnShowpadEvent<OurEvents>();

  test('takes methods for the own events, for those of Showpad, and for any event', () => {
    @Injectable()
    class Handlers {
      @OnOurEvent('asset-viewed')
      own(event: EventOf<OurEvents, 'asset-viewed'>) {
        return event.data.assetId;
      }

      @OnOurEvent('shared-space-user-added', { receiver: 'eu' })
      documented(event: Added) {
        return event.id;
      }

      @OnOurEvent('*')
      any(event: ShowpadEvent<OurEvents>) {
        return event.type === 'asset-viewed' ? event.data.assetId : event.type;
      }

      // @ts-expect-error the method takes another event
      @OnOurEvent('asset-viewed')
      other(event: Added) {
        return event.id;
      }
    }
    expectTypeOf<Handlers['own']>().returns.toBeString();
  });

  test('does not take a misspelt type', () => {
    // @ts-expect-error it is "asset-viewed"
    OnOurEvent('asset-view');
    // @ts-expect-error the type is not in the map of @OnShowpadEvent
    OnShowpadEvent('asset-viewed');
  });
});

describe('forRoot', () => {
  test("takes loggers of Nest's kind and of core's", () => {
    ShowpadWebhooksModule.forRoot({ path: '/x', keys: 'a', logger: new Logger('Showpad') });
    ShowpadWebhooksModule.forRoot({ path: '/x', keys: 'a', logger: console, globalEnhancers: true });
    // @ts-expect-error it has none of the methods
    ShowpadWebhooksModule.forRoot({ path: '/x', keys: 'a', logger: {} });
  });

  test('needs a path and keys, and does not take an unknown option', () => {
    ShowpadWebhooksModule.forRoot({ path: '/x', keys: 'a', name: 'eu', isGlobal: true });
    // @ts-expect-error there is no path
    ShowpadWebhooksModule.forRoot({ keys: 'a' });
    // @ts-expect-error there are no keys
    ShowpadWebhooksModule.forRoot({ path: '/x' });
    // @ts-expect-error the option is "toleranceSeconds"
    ShowpadWebhooksModule.forRoot({ path: '/x', keys: 'a', tolerance: 1 });
  });

  test('takes the name from an inbox, and no name next to one', () => {
    const inbox = createMemoryInbox({ name: 'eu' });
    ShowpadWebhooksModule.forRoot({ path: '/x', keys: 'a', inbox, isGlobal: true });
    // @ts-expect-error the inbox has the name
    ShowpadWebhooksModule.forRoot({ path: '/x', keys: 'a', inbox, name: 'eu' });
    // @ts-expect-error an inbox takes the place of a ledger
    ShowpadWebhooksModule.forRoot({ path: '/x', keys: 'a', inbox, ledger: false });
  });
});

describe('forRootAsync', () => {
  test('takes a factory of options, with the name next to it', () => {
    const inbox = createMemoryInbox({ name: 'eu' });
    ShowpadWebhooksModule.forRootAsync({ name: 'eu', useFactory: () => ({ path: '/x', keys: 'a', inbox }) });
    ShowpadWebhooksModule.forRootAsync({
      useFactory: async () => ({ path: '/x', keys: 'a', ledger: false }),
    });
    // @ts-expect-error there is no path
    ShowpadWebhooksModule.forRootAsync({ useFactory: () => ({ keys: 'a' }) });
  });

  test('takes a class that makes options', () => {
    class Config implements ShowpadWebhooksOptionsFactory {
      createShowpadWebhooksOptions(): ShowpadWebhooksOptions {
        return { path: '/x', keys: 'a' };
      }
    }
    ShowpadWebhooksModule.forRootAsync({ useClass: Config });
  });
});
