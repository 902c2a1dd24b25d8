import {
  type ArgumentMetadata,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Inject,
  Injectable,
  Module,
  type NestInterceptor,
  type PipeTransform,
  type Provider,
  Scope,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import nest from '@nestjs/core/package.json' with { type: 'json' };
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type EventOf,
  getShowpadReceiverToken,
  type HandlerContext,
  OnShowpadEvent,
  PermanentError,
  type Receipt,
  type Receiver,
  type ShowpadEvent,
  type ShowpadEventMap,
  ShowpadWebhooksModule,
} from '../src/index.ts';
import { signedDelivery } from '../src/testing/index.ts';

const KEY = 'nest-key';
const PATH = '/webhooks/showpad';
type Added = EventOf<ShowpadEventMap, 'shared-space-user-added'>;

const seen: unknown[] = [];
let receiver: Receiver;
let close = async (): Promise<void> => {};
afterEach(async () => {
  seen.length = 0;
  await close();
});

/** Builds an app without HTTP, because handlers do not depend on it. */
async function build(
  providers: Provider[],
  controllers: Type<object>[] = [],
  modules: Type<object>[] = [],
): Promise<void> {
  const imports = [ShowpadWebhooksModule.forRoot({ path: PATH, keys: KEY }), ...modules];
  const silent = { log() {}, warn() {}, error() {} }; // Nest would print what a filter passes on.
  const testing = await Test.createTestingModule({ imports, providers, controllers })
    .setLogger(silent)
    .compile();
  await testing.init();
  close = () => testing.close();
  receiver = testing.get(getShowpadReceiverToken());
}

function deliver(type = 'shared-space-user-added', id?: string): Promise<Receipt> {
  return receiver.receive(signedDelivery(type, { key: KEY, ...(id !== undefined && { id }) }));
}

test('runs on the right major of Nest', () => {
  expect(nest.version.split('.')[0]).toBe(process.env.NEST_MAJOR ?? '12');
});

describe('@OnShowpadEvent', () => {
  test('gives a method of a provider the event, the context and its own this', async () => {
    @Injectable()
    class Crm {
      readonly name = 'crm';

      @OnShowpadEvent('shared-space-user-added')
      async add(event: Added, context: HandlerContext) {
        seen.push(
          this.name,
          event.data.invitee.email,
          context.receiverName,
          context.attempt,
          context.rawBody.byteLength,
        );
      }
    }
    await build([Crm]);
    const delivery = signedDelivery('shared-space-user-added', { key: KEY });
    expect((await receiver.receive(delivery)).outcome).toBe('handled');
    expect(seen).toEqual(['crm', 'kent.cook@showpad.com', 'default', 1, delivery.body.byteLength]);
  });

  test('works for a list of types, for any type, more than once, and on inherited methods and methods of controllers', async () => {
    class Base {
      @OnShowpadEvent(['shared-space-created', 'COURSE_COMPLETED'])
      list(event: EventOf<ShowpadEventMap, 'shared-space-created' | 'COURSE_COMPLETED'>) {
        seen.push(`list ${event.type}`);
      }
    }
    @Injectable()
    class Handlers extends Base {
      @OnShowpadEvent('*')
      any(event: ShowpadEvent) {
        seen.push(`any ${event.type}`);
      }
    }
    @Controller()
    class Twice {
      @OnShowpadEvent('shared-space-user-added')
      @OnShowpadEvent('COURSE_COMPLETED', { name: 'courses' })
      both(event: EventOf<ShowpadEventMap, 'shared-space-user-added' | 'COURSE_COMPLETED'>) {
        seen.push(`both ${event.type}`);
      }
    }
    await build([Handlers], [Twice]);
    for (const type of ['shared-space-created', 'COURSE_COMPLETED', 'shared-space-user-added']) {
      expect((await deliver(type)).outcome).toBe('handled');
    }
    const unknown = await receiver.receive(signedDelivery('unheard-of', { key: KEY, data: {} }));
    expect(unknown.outcome).toBe('handled');
    expect(seen.sort()).toEqual([
      'any COURSE_COMPLETED',
      'any shared-space-created',
      'any shared-space-user-added',
      'any unheard-of',
      'both COURSE_COMPLETED',
      'both shared-space-user-added',
      'list COURSE_COMPLETED',
      'list shared-space-created',
    ]);
  });

  test.each([
    ['one instance', Scope.DEFAULT],
    ['one per delivery', Scope.REQUEST],
    ['transient', Scope.TRANSIENT],
  ])('is registered once for a provider that has several tokens: %s', async (_of, scope) => {
    class Base {
      @OnShowpadEvent('shared-space-user-added')
      add() {
        seen.push('added');
      }
    }
    @Injectable({ scope })
    class Crm extends Base {}
    await build([{ provide: 'ALIAS', useExisting: Crm }, { provide: Base, useExisting: Crm }, Crm]);
    expect((await deliver()).outcome).toBe('handled');
    expect(seen).toEqual(['added']);
  });

  test('is found on objects from a factory or a value', async () => {
    class Crm {
      @OnShowpadEvent('shared-space-user-added')
      add() {
        seen.push('value');
      }
    }
    class Marketing {
      @OnShowpadEvent('shared-space-user-added')
      async start() {
        seen.push('factory');
      }
    }
    await build([
      { provide: 'CRM', useValue: new Crm() },
      { provide: 'MARKETING', useFactory: async () => new Marketing() },
    ]);
    await deliver();
    expect(seen.sort()).toEqual(['factory', 'value']);
  });

  test('fails the delivery if it throws, and the retry runs only what had failed', async () => {
    @Injectable()
    class Handlers {
      @OnShowpadEvent('shared-space-user-added')
      steady() {
        seen.push('steady');
      }

      @OnShowpadEvent('shared-space-user-added')
      async shaky(_event: Added, { attempt }: HandlerContext) {
        if (attempt === 1) throw new Error('the CRM is down');
        seen.push('shaky');
      }
    }
    await build([Handlers]);
    const failed = await deliver('shared-space-user-added', 'retried');
    expect([failed.response.status, failed.error?.message]).toEqual([
      500,
      'The handler "Handlers.shaky" for "shared-space-user-added" threw an error.',
    ]);
    expect((await deliver('shared-space-user-added', 'retried')).outcome).toBe('handled');
    expect(seen).toEqual(['steady', 'shaky']);
  });

  test('can fail permanently', async () => {
    @Injectable()
    class Handlers {
      @OnShowpadEvent('shared-space-user-added')
      fail() {
        throw new PermanentError('never');
      }
    }
    await build([Handlers]);
    expect((await deliver()).response.status).toBe(422);
  });
});

describe('a request-scoped provider', () => {
  test('is created for each delivery, and can inject it', async () => {
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    class Crm {
      readonly number = ++made;
      readonly request: { event: ShowpadEvent };

      constructor(@Inject(REQUEST) request: { event: ShowpadEvent }) {
        this.request = request;
      }

      @OnShowpadEvent('shared-space-user-added')
      add(event: Added) {
        seen.push([this.number, this.request.event.id === event.id]);
      }
    }
    await build([Crm]);
    await Promise.all([deliver(), deliver()]);
    expect(seen.sort()).toEqual([
      [1, true],
      [2, true],
    ]);
  });

  test('comes from the module that provides it, if another has the same token', async () => {
    @Injectable()
    class Crm {
      @OnShowpadEvent('shared-space-user-added')
      add() {
        seen.push(this.constructor.name);
      }
    }
    @Injectable()
    class Marketing {
      @OnShowpadEvent('shared-space-user-added')
      start() {
        seen.push(this.constructor.name);
      }
    }
    const scope = Scope.REQUEST;
    @Module({ providers: [{ provide: 'HANDLERS', useClass: Crm, scope }] })
    class CrmModule {}
    @Module({ providers: [{ provide: 'HANDLERS', useClass: Marketing, scope }] })
    class MarketingModule {}
    await build([], [], [CrmModule, MarketingModule]);
    expect((await deliver()).outcome).toBe('handled');
    expect(seen.sort()).toEqual(['Crm', 'Marketing']);
  });

  test('can be created by a factory, if its token is its class', async () => {
    class Crm {
      readonly text: string;

      constructor(text: string) {
        this.text = text;
      }

      @OnShowpadEvent('shared-space-user-added')
      add() {
        seen.push(this.text);
      }
    }
    await build([{ provide: Crm, scope: Scope.REQUEST, useFactory: () => new Crm('made') }]);
    expect((await deliver()).outcome).toBe('handled');
    expect(seen).toEqual(['made']);
  });

  test('fails the delivery if it cannot be created', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Crm {
      constructor() {
        throw new Error('no connection');
      }

      @OnShowpadEvent('shared-space-user-added')
      add() {}
    }
    await build([Crm]);
    const { response, error } = await deliver();
    expect([response.status, String(error?.cause)]).toEqual([500, 'Error: no connection']);
  });
});

describe('a provider is also created per delivery if', () => {
  @Injectable()
  class Label {
    readonly text = 'label';
  }
  @Injectable({ scope: Scope.REQUEST })
  class RequestLabel extends Label {}
  class Handlers {
    readonly label: Label;

    constructor(label: Label) {
      this.label = label;
    }

    @OnShowpadEvent('shared-space-user-added')
    add() {
      seen.push(this.label.text);
    }
  }

  @Injectable({ scope: Scope.TRANSIENT })
  class Transient extends Handlers {
    constructor(@Inject(Label) label: Label) {
      super(label);
    }
  }
  @Injectable()
  class OnRequest extends Handlers {
    constructor(@Inject(RequestLabel) label: Label) {
      super(label);
    }
  }
  @Injectable({ scope: Scope.TRANSIENT })
  class TransientOnRequest extends Handlers {
    constructor(@Inject(RequestLabel) label: Label) {
      super(label);
    }
  }

  test.each([
    ['it is transient', Transient],
    ['it depends on a request-scoped one', OnRequest],
    ['it is transient and depends on a request-scoped one', TransientOnRequest],
  ])('%s', async (_where, handlers) => {
    await build([Label, RequestLabel, handlers]);
    expect((await deliver()).outcome).toBe('handled');
    expect(seen).toEqual(['label']);
  });
});

describe('enhancers', () => {
  @Injectable()
  class Prefix {
    readonly text = 'prefix';
  }

  @Injectable()
  class NoteGuard implements CanActivate {
    readonly prefix: Prefix;

    constructor(@Inject(Prefix) prefix: Prefix) {
      this.prefix = prefix;
    }

    canActivate(context: ExecutionContext): boolean {
      const [event] = context.getArgs<[ShowpadEvent]>();
      seen.push(
        `guard ${this.prefix.text} ${context.getType()} ${event.type} ${context.getClass().name}.${context.getHandler().name}`,
      );
      return !event.id.startsWith('denied');
    }
  }

  class NoteInterceptor implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler) {
      seen.push(`interceptor ${context.getType()}`);
      return next.handle();
    }
  }

  class EventPipe implements PipeTransform {
    transform(value: unknown, { data }: ArgumentMetadata): unknown {
      if (data !== 'event') return value;
      seen.push('pipe');
      return { ...(value as Added), data: 'piped' };
    }
  }

  @Catch(TypeError)
  class AsyncFilter implements ExceptionFilter {
    async catch(error: Error, host: ArgumentsHost): Promise<void> {
      seen.push(`filter ${error.message} ${host.getType()}`);
    }
  }

  @Injectable()
  @UseGuards(NoteGuard)
  @UseInterceptors(NoteInterceptor)
  class Handlers {
    @OnShowpadEvent('shared-space-user-added')
    @UsePipes(EventPipe)
    add(event: Added, context: HandlerContext) {
      seen.push(`handler ${String(event.data)} ${context.receiverName}`);
    }
  }

  test('of class and method run, with their dependencies and the context type "showpad"', async () => {
    await build([Handlers, Prefix]);
    expect((await deliver()).outcome).toBe('handled');
    expect(seen).toEqual([
      'guard prefix showpad shared-space-user-added Handlers.add',
      'interceptor showpad',
      'pipe',
      'handler piped default',
    ]);
  });

  test('a guard that denies fails the delivery, so that nothing is lost silently', async () => {
    await build([Handlers, Prefix]);
    const { response, error } = await deliver('shared-space-user-added', 'denied-1');
    expect([response.status, error?.code, String(error?.cause)]).toEqual([
      500,
      'HANDLER_FAILED',
      'ForbiddenException: Forbidden resource',
    ]);
    expect(seen).toHaveLength(1);
  });

  test('a filter of the method decides about what it catches, and about nothing else', async () => {
    @Injectable()
    class Filtered {
      @OnShowpadEvent('shared-space-user-added')
      @UseFilters(AsyncFilter)
      caught() {
        throw new TypeError('caught');
      }

      @OnShowpadEvent('shared-space-created')
      @UseFilters(AsyncFilter)
      other() {
        throw new RangeError('other');
      }
    }
    await build([Filtered]);
    expect((await deliver()).outcome).toBe('handled');
    expect(seen).toEqual(['filter caught showpad']);
    expect(String((await deliver('shared-space-created')).error?.cause)).toBe('RangeError: other');
  });
});
