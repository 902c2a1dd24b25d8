import { inspect } from 'node:util';
import {
  type INestApplication,
  Injectable,
  Logger,
  type LoggerService,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import { send } from '@showpad-webhooks/conformance';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type HandlerContext,
  InjectShowpadReceiver,
  OnShowpadEvent,
  type Receiver,
  type ShowpadEvent,
  ShowpadWebhooksModule,
  type ShowpadWebhooksOptions,
} from '../src/index.ts';
import { createMemoryInbox, signedDelivery } from '../src/testing/index.ts';
import { createApp, PLATFORMS } from './server.ts';

const KEY = 'a-key-that-nobody-may-see';
const PATH = '/webhooks/showpad';
const TYPE = 'shared-space-user-added';
const CONTEXT = 'ShowpadWebhooksModule';

let lines: string[] = [];
const noteAs =
  (level: string) =>
  (message: unknown, ...rest: unknown[]): void => {
    lines.push(`${level} [${String(rest.at(-1))}] ${String(message)}`);
  };
const logger: LoggerService = {
  log: noteAs('log'),
  warn: noteAs('warn'),
  error: noteAs('error'),
  debug: noteAs('debug'),
};
const ours = (): string[] =>
  lines.filter((line) => line.includes(`[${CONTEXT}]`)).map((line) => line.replace(` [${CONTEXT}]`, ''));
const warnings = (): string[] => ours().filter((line) => line.startsWith('warn'));

// Each boot of this file knows these, because a decorated class is known as long as it exists.
abstract class Base {
  @OnShowpadEvent('shared-space-created')
  base() {}
}
@Injectable()
class Provided extends Base {}
@Injectable()
class Forgotten {
  @OnShowpadEvent(TYPE)
  add() {}
}
class OfAnotherReceiver {
  @OnShowpadEvent(TYPE, { receiver: 'in-another-app' })
  add() {}
}

let apps: INestApplication[] = [];
beforeEach(() => {
  lines = [];
});
afterEach(async () => {
  for (const app of apps) await app.close();
  apps = [];
  Logger.overrideLogger(true);
});

describe.each(PLATFORMS)('on %s', (_platform, createAdapter) => {
  async function start(metadata: ModuleMetadata): Promise<string> {
    const app = await createApp(createAdapter(), metadata, { logger });
    apps.push(app);
    await app.listen(0, '127.0.0.1');
    return app.getUrl();
  }
  const forRoot = (options: Partial<ShowpadWebhooksOptions> = {}) =>
    ShowpadWebhooksModule.forRoot({ path: PATH, keys: KEY, ...options } as ShowpadWebhooksOptions);

  test('the boot log shows the path, the receiver, and each handler with its types', async () => {
    @Injectable()
    class CrmHandlers {
      @OnShowpadEvent(TYPE)
      addContact() {}

      @OnShowpadEvent(['shared-space-created', 'COURSE_COMPLETED'], { name: 'spaces' })
      addSpace() {}

      @OnShowpadEvent('*', { receiver: 'us' })
      note() {}
    }
    await start({
      imports: [
        forRoot({ on: { COURSE_COMPLETED: () => {} } }),
        forRoot({ name: 'us', path: '/us', methods: ['POST', 'GET'] }),
      ],
      providers: [CrmHandlers],
    });
    expect(ours().filter((line) => line.startsWith('log'))).toEqual([
      'log Mapped {/webhooks/showpad, POST} to the Showpad receiver "default"',
      `log CrmHandlers.addContact handles "${TYPE}"`,
      'log CrmHandlers.addSpace (named "spaces") handles "shared-space-created", "COURSE_COMPLETED"',
      'log The option "on" handles "COURSE_COMPLETED"',
      'log Mapped {/us, POST and GET} to the Showpad receiver "us"',
      'log CrmHandlers.note handles every event',
    ]);
  });

  test('the boot warns of a decorated class that no module provides', async () => {
    await start({ imports: [forRoot()], providers: [Provided] });
    const about = (name: string) => warnings().filter((line) => line.includes(name));
    expect(about(Forgotten.name)).toEqual([
      'warn Forgotten has methods with @OnShowpadEvent, but no module provides it, so they handle no events. Add it to a module ' +
        'that the app imports: providers: [Forgotten].',
    ]);
    expect([...about(Provided.name), ...about(Base.name), ...about(OfAnotherReceiver.name)]).toEqual([]);
  });

  test('the boot warns of a receiver without handlers, unless a provider registers some, or it only stores', async () => {
    @Injectable()
    class ByHand {
      constructor(@InjectShowpadReceiver('by-hand') receiver: Receiver) {
        receiver.on(TYPE, () => {});
      }
    }
    const imports = [
      forRoot({ name: 'none' }),
      forRoot({ name: 'by-hand', path: '/by-hand' }),
      forRoot({ name: 'by-option', path: '/by-option', on: { [TYPE]: () => {} } }),
      ShowpadWebhooksModule.forRoot({
        path: '/stored',
        keys: KEY,
        inbox: createMemoryInbox({ name: 'stored' }),
      }),
    ];
    await start({ imports, providers: [ByHand] });
    expect(ours().filter((line) => line.includes('has no handlers'))).toEqual([
      'warn The Showpad receiver "none" has no handlers, so it answers every event with 200 and does nothing. Put ' +
        "@OnShowpadEvent(type, { receiver: 'none' }) on a method, and add its class to the providers of a module.",
      'log The Showpad receiver "stored" has no handlers, so this app only stores its events, for another one to handle',
    ]);
  });

  test('the boot warns of two handlers with one name, and not of one method for two types', async () => {
    const makeHandlers = (type: 'shared-space-created' | 'COURSE_COMPLETED') => {
      @Injectable()
      class E {
        @OnShowpadEvent(type)
        handle() {}
      }
      return E;
    };
    @Module({ providers: [makeHandlers('shared-space-created')] })
    class CrmModule {}
    @Module({ providers: [makeHandlers('COURSE_COMPLETED')] })
    class MailModule {}
    @Injectable()
    class Twice {
      @OnShowpadEvent(TYPE)
      @OnShowpadEvent('shared-space-created')
      both() {}
    }
    await start({ imports: [forRoot(), CrmModule, MailModule], providers: [Twice] });
    expect(warnings().filter((line) => line.includes('named'))).toEqual([
      'warn Two handlers are named "E.handle": E.handle of CrmModule and E.handle of MailModule. Logs and dead letters do not ' +
        "tell them apart. Give one of them another name: @OnShowpadEvent(type, { name: '…' }).",
    ]);
  });

  test('a logger of Nest gets a line for each delivery', async () => {
    @Injectable()
    class Handlers {
      @OnShowpadEvent(TYPE)
      add(_event: ShowpadEvent, context: HandlerContext) {
        context.logger.debug({ big: 1n }, 'adding');
      }

      @OnShowpadEvent('shared-space-created')
      fail() {
        throw new Error('the CRM is down');
      }
    }
    @Injectable()
    class Failing {
      constructor(@InjectShowpadReceiver() receiver: Receiver) {
        receiver.onError(() => {
          throw new Error('the listener is broken');
        });
      }
    }
    const url = await start({
      imports: [forRoot({ logger: new Logger('Showpad') })],
      providers: [Handlers, Failing],
    });
    lines = [];
    const post = (type: string) => send(url + PATH, signedDelivery(type, { key: KEY, id: `id-of-${type}` }));
    await post(TYPE);
    await post('shared-space-created');
    const text = lines.map((line) =>
      line.replace(/durationMs: [\d.]+/, 'durationMs: 1').replace(/\[ *Error: .*\]/s, '[stack]'),
    );
    expect(text).toEqual([
      'debug [Showpad] adding { big: 1n }',
      `log [Showpad] showpad webhook handled { receiverName: 'default', outcome: 'handled', status: 200, type: '${TYPE}', id: 'id-of-${TYPE}', attempt: 1, durationMs: 1 }`,
      "error [Showpad] A Showpad webhook listener failed: Error: the listener is broken { receiverName: 'default' }",
      'error [Showpad] showpad webhook failed: The handler "Handlers.fail" for "shared-space-created" threw an error. See ' +
        'error.cause. The handler runs again with the next attempt, unless this was the last one. ' +
        "{ receiverName: 'default', outcome: 'failed', status: 500, code: 'HANDLER_FAILED', type: 'shared-space-created', id: 'id-of-shared-space-created', attempt: 1, durationMs: 1 }",
    ]);
  });

  test('a logger that fits already, such as pino, gets the fields', async () => {
    const fields: object[] = [];
    const pino = { debug() {}, info: (each: object) => fields.push(each), warn() {}, error() {} };
    const url = await start({ imports: [forRoot({ logger: pino, on: { [TYPE]: () => {} } })] });
    await send(url + PATH, signedDelivery(TYPE, { key: KEY }));
    expect(fields).toMatchObject([{ outcome: 'handled', type: TYPE }]);
  });

  test.each<[string, () => ReturnType<typeof forRoot>]>([
    ['forRoot', () => forRoot()],
    [
      'a factory',
      () => ShowpadWebhooksModule.forRootAsync({ useFactory: () => ({ path: PATH, keys: [KEY] }) }),
    ],
    [
      'a factory that waits',
      () =>
        ShowpadWebhooksModule.forRootAsync({
          useFactory: async () => ({ path: PATH, keys: async () => [KEY] }),
        }),
    ],
    [
      'a class',
      () => {
        class Config {
          createShowpadWebhooksOptions() {
            return { path: PATH, keys: [{ key: KEY, label: 'eu' }] };
          }
        }
        return ShowpadWebhooksModule.forRootAsync({ useClass: Config });
      },
    ],
  ])('no dump of the app shows the keys of %s', async (_from, imports) => {
    await start({ imports: [imports()] });
    const dump = inspect(apps[0], { depth: 12 });
    expect(dump).toContain('ShowpadReceiver:default');
    expect(dump).not.toContain(KEY);
  });
});
