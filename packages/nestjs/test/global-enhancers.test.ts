import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  Inject,
  Injectable,
  type ModuleMetadata,
  type NestInterceptor,
  type PipeTransform,
  type Provider,
  Scope,
  UseGuards,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, REQUEST } from '@nestjs/core';
import { send } from '@showpad-webhooks/conformance';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type AnyReceiver,
  getShowpadReceiverToken,
  OnShowpadEvent,
  type ShowpadWebhookError,
  ShowpadWebhooksModule,
} from '../src/index.ts';
import { signedDelivery } from '../src/testing/index.ts';
import { AppController, createApp, PLATFORMS } from './server.ts';

const KEY = 'nest-key';
const PATH = '/webhooks/showpad';
const TYPE = 'shared-space-user-added';

const seen: string[] = [];
const errors: ShowpadWebhookError[] = [];
let apps: INestApplication[] = [];
afterEach(async () => {
  seen.length = errors.length = 0;
  for (const app of apps) await app.close();
  apps = [];
});

@Injectable()
class Handlers {
  readonly number = ++made;

  @OnShowpadEvent(TYPE)
  add() {
    seen.push(`handled by ${this.number}`);
  }
}
let made = 0;

/** The guard of Nest's own documentation: it reads a header of the request. */
@Injectable()
class JwtGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers.authorization === 'Bearer token';
  }
}
/** An interceptor that belongs to a request, and reads it when it is created. */
@Injectable({ scope: Scope.REQUEST })
class TenantInterceptor implements NestInterceptor {
  readonly tenant: string;

  constructor(@Inject(REQUEST) request: { headers: Record<string, string> }) {
    this.tenant = request.headers['x-tenant'] ?? 'none';
  }

  intercept(_context: ExecutionContext, next: CallHandler) {
    seen.push(`tenant ${this.tenant}`);
    return next.handle();
  }
}
class AgentInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    seen.push(`agent ${typeof headers['user-agent']}`);
    return next.handle();
  }
}
class RejectPipe implements PipeTransform {
  transform(): never {
    throw new TypeError('Validation failed');
  }
}
@Catch()
class SwallowFilter implements ExceptionFilter {
  async catch(): Promise<void> {}
}

describe.each(PLATFORMS)('on %s', (_platform, createAdapter) => {
  async function start(
    metadata: ModuleMetadata,
    {
      globalEnhancers,
      configure,
    }: { globalEnhancers?: boolean; configure?: (app: INestApplication) => void } = {},
  ): Promise<string> {
    const showpad = ShowpadWebhooksModule.forRoot({
      path: PATH,
      keys: KEY,
      ...(globalEnhancers !== undefined && { globalEnhancers }),
    });
    const app = await createApp(createAdapter(), { ...metadata, imports: [showpad] });
    configure?.(app);
    apps.push(app);
    app.get<AnyReceiver>(getShowpadReceiverToken()).onError((error) => errors.push(error));
    await app.listen(0, '127.0.0.1');
    return app.getUrl();
  }

  async function deliver(url: string): Promise<number> {
    return (await send(url + PATH, signedDelivery(TYPE, { key: KEY }))).status;
  }

  const forApp = (token: string, useClass: Provider & (new (...args: never[]) => unknown)): Provider => ({
    provide: token,
    useClass: useClass as never,
  });

  test.each<[string, Provider, string]>([
    ['a guard', forApp(APP_GUARD, JwtGuard), '403 403'],
    ['an interceptor', forApp(APP_INTERCEPTOR, AgentInterceptor), '200 200 agent undefined agent undefined'],
    [
      'an interceptor per request',
      forApp(APP_INTERCEPTOR, TenantInterceptor),
      '200 200 tenant none tenant none',
    ],
    ['a pipe', forApp(APP_PIPE, RejectPipe), '200 500'],
  ])(
    '%s of the whole app does not run for handlers, and still runs for routes',
    async (_what, provider, onRoutes) => {
      const before = made;
      const url = await start({ providers: [Handlers, provider], controllers: [AppController] });
      expect(await deliver(url)).toBe(200);
      expect(await deliver(url)).toBe(200);
      // The handlers stay one instance, although what is made per request makes controllers per request.
      expect(seen).toEqual([`handled by ${before + 1}`, `handled by ${before + 1}`]);
      seen.length = 0;
      const hello = await send(`${url}/hello`, { method: 'GET' });
      const headers = { 'content-type': 'application/json' };
      const echo = await send(`${url}/echo`, { headers, body: Buffer.from('{}') });
      expect([hello.status, echo.status, ...seen].join(' ')).toBe(onRoutes);
    },
  );

  test('what main.ts adds for the whole app does not run for handlers either', async () => {
    const url = await start(
      { providers: [Handlers] },
      {
        configure: (app) =>
          app
            .useGlobalGuards(new JwtGuard())
            .useGlobalInterceptors(new AgentInterceptor())
            .useGlobalPipes(new RejectPipe())
            .useGlobalFilters(new SwallowFilter()),
      },
    );
    expect(await deliver(url)).toBe(200);
  });

  test('a filter of the whole app cannot swallow a failure', async () => {
    @Injectable()
    class Failing {
      @OnShowpadEvent(TYPE)
      fail() {
        throw new Error('the CRM is down');
      }
    }
    const url = await start({ providers: [Failing, forApp(APP_FILTER, SwallowFilter)] });
    expect(await deliver(url)).toBe(500);
  });

  test.each<[string, ModuleMetadata, ((app: INestApplication) => void)?]>([
    ['APP_GUARD', { providers: [Handlers, forApp(APP_GUARD, JwtGuard)] }],
    ['useGlobalGuards', { providers: [Handlers] }, (app) => app.useGlobalGuards(new JwtGuard())],
    [
      'APP_GUARD per request',
      { providers: [Handlers, { provide: APP_GUARD, useClass: JwtGuard, scope: Scope.REQUEST }] },
    ],
    [
      'APP_GUARD that is transient',
      { providers: [Handlers, { provide: APP_GUARD, useClass: JwtGuard, scope: Scope.TRANSIENT }] },
    ],
  ])(
    'with globalEnhancers, the guard of %s runs, and its failure is told by its name',
    async (_how, metadata, configure) => {
      const url = await start(metadata, { globalEnhancers: true, ...(configure && { configure }) });
      expect(await deliver(url)).toBe(500);
      expect(seen).toEqual([]);
      expect(errors.map(({ code, message }) => [code, message])).toEqual([
        ['HANDLER_FAILED', `The guard JwtGuard threw an error on an event of type "${TYPE}".`],
      ]);
      expect(String(errors[0]?.cause)).toMatch(/^TypeError: Cannot read properties of undefined/);
    },
  );

  test('with globalEnhancers, interceptors, pipes and filters of the whole app run too', async () => {
    class Note implements NestInterceptor {
      intercept(context: ExecutionContext, next: CallHandler) {
        seen.push(`interceptor ${context.getType()}`);
        return next.handle();
      }
    }
    class NotePipe implements PipeTransform {
      transform(value: unknown): unknown {
        seen.push('pipe');
        return value;
      }
    }
    @Catch()
    class NoteFilter implements ExceptionFilter {
      async catch(error: Error, host: ArgumentsHost): Promise<void> {
        seen.push(`filter ${error.message} ${host.getType()}`);
      }
    }
    @Injectable()
    class Failing {
      @OnShowpadEvent(TYPE)
      fail() {
        throw new Error('the CRM is down');
      }
    }
    const providers = [
      Failing,
      forApp(APP_INTERCEPTOR, Note),
      { provide: APP_INTERCEPTOR, useClass: Note, scope: Scope.REQUEST },
      forApp(APP_PIPE, NotePipe),
      { provide: APP_PIPE, useClass: NotePipe, scope: Scope.REQUEST },
      forApp(APP_FILTER, NoteFilter),
    ];
    const url = await start({ providers }, { globalEnhancers: true });
    expect(await deliver(url)).toBe(200); // The filter did not reject, so it has handled the error.
    // Each pipe runs for the event and for the context.
    expect(seen.filter((line) => line !== 'pipe')).toEqual([
      'interceptor showpad',
      'interceptor showpad',
      'filter the CRM is down showpad',
    ]);
    expect(seen.filter((line) => line === 'pipe')).toHaveLength(4);
  });

  test('a guard of the class runs next to those of the whole app', async () => {
    class Pass implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        seen.push(`guard ${context.getType()}`);
        return true;
      }
    }
    @Injectable()
    @UseGuards(Pass)
    class Guarded {
      @OnShowpadEvent(TYPE)
      add() {
        seen.push('handled');
      }
    }
    const providers = [Guarded, { provide: APP_GUARD, useClass: Pass, scope: Scope.REQUEST }];
    const url = await start({ providers }, { globalEnhancers: true });
    expect(await deliver(url)).toBe(200);
    expect(seen).toEqual(['guard showpad', 'guard showpad', 'handled']);
  });
});
