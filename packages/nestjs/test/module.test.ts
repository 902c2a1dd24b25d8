import {
  type INestApplication,
  Inject,
  Injectable,
  Module,
  type ModuleMetadata,
  type NestApplicationOptions,
  VersioningType,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { send, sized } from '@showpad-webhooks/conformance';
import request from 'supertest';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  createReceiver,
  getShowpadReceiverToken,
  InjectShowpadReceiver,
  OnShowpadEvent,
  type Receiver,
  ShowpadWebhooksModule,
  type ShowpadWebhooksOptionsFactory,
} from '../src/index.ts';
import { type SignedDelivery, type SignedDeliveryOptions, signedDelivery } from '../src/testing/index.ts';
import { type Adapter, AppController, createApp, moduleOf, PLATFORMS } from './server.ts';

const KEY = 'nest-key';
const PATH = '/webhooks/showpad';
const TYPE = 'shared-space-user-added';

let apps: INestApplication[] = [];
afterEach(async () => {
  for (const app of apps) await app.close();
  apps = [];
});

async function listen(app: INestApplication): Promise<string> {
  apps.push(app);
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

const signed = (options: Partial<SignedDeliveryOptions> = {}): SignedDelivery =>
  signedDelivery(TYPE, { key: KEY, ...options });

async function outcome(
  url: string,
  path = PATH,
  options: Partial<SignedDeliveryOptions> = {},
): Promise<string> {
  const { status, body } = await send(url + path, signed(options));
  return `${status} ${JSON.parse(body).outcome ?? body}`;
}

const seen: string[] = [];
afterEach(() => {
  seen.length = 0;
});

@Injectable()
class Handlers {
  @OnShowpadEvent(TYPE)
  add() {
    seen.push('default');
  }
}

describe.each(PLATFORMS)('on %s', (_platform, createAdapter) => {
  const start = (metadata: ModuleMetadata, options?: NestApplicationOptions) =>
    createApp(createAdapter(), metadata, options).then(listen);
  const forRoot = () => ShowpadWebhooksModule.forRoot({ path: PATH, keys: KEY });

  test.each<[string, NestApplicationOptions]>([
    ['default options', {}],
    ['rawBody: true', { rawBody: true }],
    ['bodyParser: false', { bodyParser: false }],
    ['cors', { cors: true }],
  ])('a body of 1 MiB arrives with %s', async (_name, options) => {
    const url = await start({ imports: [forRoot()], providers: [Handlers] }, options);
    const body = sized(1024 * 1024);
    const { status } = await send(url + PATH, signedDelivery({ body }, { key: KEY }));
    expect(status).toBe(200);
    expect(await outcome(url)).toBe('200 handled');
  });

  test('other routes keep Nest’s parser and its limit', async () => {
    const url = await start({ imports: [forRoot()], controllers: [AppController] });
    const headers = { 'content-type': 'application/json' };
    expect(await send(`${url}/echo`, { headers, body: Buffer.from('{"a":1}') })).toMatchObject({
      status: 200,
      body: '{"a":1}',
    });
    const large = Buffer.from(JSON.stringify({ a: 'x'.repeat(2_000_000) }));
    expect((await send(`${url}/echo`, { headers, body: large })).status).toBe(413);
  });

  test('the path is the given one, whatever the global prefix and the version are', async () => {
    const app = await createApp(createAdapter(), {
      imports: [forRoot()],
      controllers: [AppController],
      providers: [Handlers],
    });
    app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    const url = await listen(app);
    expect(await outcome(url)).toBe('200 handled');
    expect((await send(`${url}/api${PATH}`, signed())).status).toBe(404);
    expect((await send(`${url}/api/v1/hello`, { method: 'GET' })).body).toBe('hello');
  });

  test('at its end the app answers the delivery that is running, and accepts no other', async () => {
    let begun = () => {};
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let finish = () => {};
    class Slow {
      @OnShowpadEvent(TYPE)
      add() {
        begun();
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      }
    }
    const app = await createApp(
      createAdapter(),
      { imports: [forRoot()], providers: [Slow] },
      { forceCloseConnections: false },
    );
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const running = outcome(url);
    await started;
    const closing = app.close();
    await vi.waitFor(() => expect(app.getHttpServer().listening).toBe(false));
    await expect(outcome(url)).rejects.toThrow('ECONNREFUSED');
    finish();
    expect(await running).toBe('200 handled');
    await closing;
  });

  test('several receivers in one app have their own keys, handlers and ids', async () => {
    @Injectable()
    class Us {
      @OnShowpadEvent(TYPE, { receiver: 'us' })
      add() {
        seen.push('us');
      }
    }
    const url = await start({
      imports: [forRoot(), ShowpadWebhooksModule.forRoot({ name: 'us', path: '/us', keys: 'us-key' })],
      providers: [Handlers, Us],
    });
    expect(await outcome(url, PATH, { id: '1' })).toBe('200 handled');
    expect(await outcome(url, '/us', { id: '1' })).toBe('401 rejected');
    expect(await outcome(url, '/us', { id: '1', key: 'us-key' })).toBe('200 handled');
    expect(seen).toEqual(['default', 'us']);
  });

  test('the end of the app waits for deliveries that are being handled', async () => {
    let begun = () => {};
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let finish = () => {};
    class Slow {
      @OnShowpadEvent(TYPE)
      add() {
        begun();
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      }
    }
    const app = await createApp(createAdapter(), { imports: [forRoot()], providers: [Slow] });
    await app.init();
    const receiver = app.get<Receiver>(getShowpadReceiverToken());
    const delivery = receiver.receive(signed());
    await started;
    let isClosed = false;
    const closing = app.close().then(() => {
      isClosed = true;
    });
    const forged = signed({ key: 'guessed' });
    await vi.waitFor(async () => expect((await receiver.receive(forged)).error?.code).toBe('CLOSED'));
    expect(isClosed).toBe(false);
    finish();
    await closing;
    expect((await delivery).outcome).toBe('handled');
  });
});

describe('forRootAsync', () => {
  @Injectable()
  class Config implements ShowpadWebhooksOptionsFactory {
    readonly key = KEY;

    async createShowpadWebhooksOptions() {
      return { path: PATH, keys: this.key };
    }
  }
  const ConfigModule = moduleOf({ providers: [Config], exports: [Config] });

  test.each([
    [
      'useFactory',
      {
        imports: [ConfigModule],
        inject: [Config],
        useFactory: async ({ key }: Config) => ({ path: PATH, keys: key }),
      },
    ],
    ['useClass', { useClass: Config }],
    ['useExisting', { imports: [ConfigModule], useExisting: Config }],
  ])('takes its options by %s', async (_name, options) => {
    const app = await createApp(new ExpressAdapter() as unknown as Adapter, {
      imports: [ShowpadWebhooksModule.forRootAsync(options)],
      providers: [Handlers],
    });
    expect(await outcome(await listen(app))).toBe('200 handled');
  });

  test('needs one of them', () => {
    expect(() => ShowpadWebhooksModule.forRootAsync({})).toThrow(
      new TypeError('ShowpadWebhooksModule.forRootAsync() needs useFactory, useClass or useExisting.'),
    );
  });

  test('names an option that it does not know, and lists the others', () => {
    const options = { useClass: Config, isglobal: true };
    expect(() => ShowpadWebhooksModule.forRootAsync(options)).toThrow(
      new TypeError(
        '"isglobal" is not an option. The options are: name, isGlobal, imports, inject, useFactory, useClass, useExisting.',
      ),
    );
  });

  test.each(['name', 'isGlobal', 'globalEnhancer'])('rejects the option %s of a factory', async (option) => {
    const useFactory = () => ({ path: PATH, keys: KEY, [option]: 'eu' });
    const imports = [ShowpadWebhooksModule.forRootAsync({ useFactory })];
    await expect(Test.createTestingModule({ imports }).compile()).rejects.toThrow(
      new RegExp(`^"${option}" is not an option\\. The options are: keys, .+, path, globalEnhancers\\.$`),
    );
  });
});

describe('the receiver', () => {
  test('can be injected, for its listeners', async () => {
    @Injectable()
    class Alerts {
      constructor(@InjectShowpadReceiver() receiver: Receiver) {
        receiver.onRejected((error) => seen.push(error.code));
      }
    }
    const imports = [ShowpadWebhooksModule.forRoot({ path: PATH, keys: KEY })];
    const testing = await Test.createTestingModule({ imports, providers: [Alerts] }).compile();
    await testing.get<Receiver>(getShowpadReceiverToken()).receive(signed({ key: 'guessed' }));
    expect(seen).toEqual(['SIGNATURE_MISMATCH']);
    await testing.close();
  });

  test('can be injected in every module if it is global, and only in its own importers if it is not', async () => {
    @Injectable()
    class Reader {
      readonly name: string;

      constructor(@Inject(getShowpadReceiverToken('eu')) receiver: Receiver) {
        this.name = receiver.name;
      }
    }
    @Module({ providers: [Reader] })
    class ReaderModule {}
    const compile = (isGlobal: boolean) =>
      Test.createTestingModule({
        imports: [
          ReaderModule,
          ShowpadWebhooksModule.forRoot({ name: 'eu', isGlobal, path: PATH, keys: KEY }),
        ],
      }).compile();
    expect((await compile(true)).get(Reader, { strict: false }).name).toBe('eu');
    await expect(compile(false)).rejects.toThrow(/ShowpadReceiver:eu/);
  });
});

describe('boot fails, and says why, for', () => {
  const boot = async (metadata: ModuleMetadata) => {
    const testing = await Test.createTestingModule(metadata).compile();
    await testing.init();
  };
  const forRoot = (options: object = {}) =>
    ShowpadWebhooksModule.forRoot({ path: PATH, keys: KEY, ...options });

  test('an unknown option of the decorator', () => {
    expect(() => OnShowpadEvent(TYPE, { reciever: 'us' } as object)).toThrow(
      new TypeError('"reciever" is not an option. The options are: receiver, name.'),
    );
  });

  test('a handler of a receiver that is not configured', async () => {
    @Injectable()
    class Lost {
      @OnShowpadEvent(TYPE, { receiver: 'us' })
      add() {}
    }
    await expect(
      boot({ imports: [forRoot(), forRoot({ name: 'eu', path: '/eu' })], providers: [Lost] }),
    ).rejects.toThrow(
      'Lost.add handles events of the Showpad receiver "us", but no module configures it. The configured receivers are: ' +
        '"default", "eu". Import ShowpadWebhooksModule.forRoot({ name: \'us\', … }), or name another receiver in @OnShowpadEvent.',
    );
  });

  test('two handlers of one name for a type', async () => {
    @Injectable()
    class Twice {
      @OnShowpadEvent(TYPE, { name: 'crm' })
      add() {}

      @OnShowpadEvent(TYPE, { name: 'crm' })
      addAgain() {}
    }
    await expect(boot({ imports: [forRoot()], providers: [Twice] })).rejects.toThrow(
      `Two handlers for "${TYPE}" are named "crm": Twice.add of RootTestModule and Twice.addAgain of RootTestModule. A retry ` +
        `could not tell which of them is done. Give one of them another name: @OnShowpadEvent('${TYPE}', { name: '…' }).`,
    );
  });

  test('a class with handlers that two modules provide', async () => {
    @Module({ providers: [Handlers] })
    class FirstModule {}
    @Module({ providers: [Handlers] })
    class SecondModule {}
    await expect(boot({ imports: [forRoot(), FirstModule, SecondModule] })).rejects.toThrow(
      'Handlers has handlers and is provided twice, so each handler would run twice. Provide it in one module, and export it from there.',
    );
  });

  test('a method that replaces a decorated one', async () => {
    const Wrap = (_target: object, _name: string, descriptor: PropertyDescriptor) => {
      descriptor.value = () => {};
    };
    @Injectable()
    class Wrapped {
      @Wrap
      @OnShowpadEvent(TYPE)
      add() {}
    }
    @Injectable()
    class Overridden extends Handlers {
      override add() {}
    }
    await expect(boot({ imports: [forRoot()], providers: [Wrapped] })).rejects.toThrow(
      'Wrapped.add replaces a method that has @OnShowpadEvent, and does not have it itself. Put @OnShowpadEvent on it, above any decorator that replaces the method.',
    );
    await expect(boot({ imports: [forRoot()], providers: [Overridden] })).rejects.toThrow(/^Overridden\.add/);
  });

  test('two receivers with one name, or with one path', async () => {
    await expect(boot({ imports: [forRoot(), forRoot({ path: '/other' })] })).rejects.toThrow(
      'Two Showpad receivers are named "default". Give one of them another name: forRoot({ name: \'…\', … }).',
    );
    await expect(boot({ imports: [forRoot(), forRoot({ name: 'eu' })] })).rejects.toThrow(
      'The Showpad receivers "default" and "eu" have the same path, /webhooks/showpad. Give each its own.',
    );
    await expect(boot({ imports: [forRoot(), forRoot({ name: 'eu', path: `${PATH}/` })] })).rejects.toThrow(
      /have the same path/,
    );
  });

  test.each([
    [
      'no keys',
      { keys: undefined },
      /^keys is undefined, and not a string\. Is the environment variable set\?$/,
    ],
    ['a blank key', { keys: '' }, /^keys is blank\. Is the environment variable set\?$/],
    ['no path', { path: undefined }, /^The option "path" must be text that begins with "\/"/],
    [
      'a path that could never match',
      { path: 'webhooks' },
      /^The option "path" must be text that begins with "\/"/,
    ],
    [
      'an unknown option',
      { tolerance: 1 },
      /^"tolerance" is not an option\. The options are: name, isGlobal, keys, .+, path, globalEnhancers\.$/,
    ],
  ])('%s', async (_name, options, message) => {
    await expect(boot({ imports: [forRoot(options)] })).rejects.toThrow(message);
  });

  test('a platform other than Express and Fastify', async () => {
    class OtherAdapter extends ExpressAdapter {
      override getType(): string {
        return 'other';
      }
    }
    await expect(
      createApp(new OtherAdapter() as unknown as Adapter, { imports: [forRoot()] }),
    ).rejects.toThrow(
      'ShowpadWebhooksModule supports platform-express and platform-fastify, but this app runs on "other".',
    );
  });
});

describe('@nestjs/testing', () => {
  const metadata = {
    imports: [
      ShowpadWebhooksModule.forRoot({ path: PATH, keys: KEY }),
      ShowpadWebhooksModule.forRoot({ name: 'us', path: '/us', keys: KEY }),
    ],
    providers: [Handlers],
    controllers: [AppController],
  };

  test('makes an app for supertest, with the webhook before its parsers', async () => {
    const app = (await Test.createTestingModule(metadata).compile()).createNestApplication();
    await app.init();
    apps.push(app);
    for (const path of [PATH, '/us']) {
      const { headers, body } = signed();
      await request(app.getHttpServer()).post(path).set(headers).send(body.toString()).expect(200);
    }
    await request(app.getHttpServer()).post('/echo').send({ a: 1 }).expect(200, { a: 1 });
    await request(app.getHttpServer()).post(PATH).send({}).expect(401);
  });

  test('makes an app for Fastify’s inject', async () => {
    const testing = await Test.createTestingModule(metadata).compile();
    const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter() as never);
    await app.init();
    apps.push(app);
    const { method, headers, body } = signed();
    const inject = (payload: Buffer, others: object = {}) =>
      app.inject({ method: method as 'POST', url: PATH, headers: { ...headers, ...others }, payload });
    expect((await inject(body)).json()).toEqual({ outcome: 'handled' });
    expect((await inject(Buffer.from('{}'))).json()).toEqual({
      outcome: 'rejected',
      code: 'SIGNATURE_MISMATCH',
    });
    const { statusCode } = await inject(body, { 'x-showpad-signature-v1': 'none' });
    expect(statusCode).toBe(401);
  });
});

describe('@OnShowpadEvent does not take', () => {
  test('a static method, which no provider has', () => {
    expect(() => {
      class Static {
        @OnShowpadEvent(TYPE)
        static add() {}

        other() {}
      }
      return Static;
    }).toThrow("@OnShowpadEvent() is on the static method add. Put it on a method of a provider's instance.");
  });

  test('an empty list of types', () => {
    expect(() => {
      class Typeless {
        @OnShowpadEvent([])
        add() {}
      }
      return Typeless;
    }).toThrow("@OnShowpadEvent() on add names no event type. Pass a type, a list of types, or '*'.");
  });
});

test.each([PATH, `/mounted${PATH}`])(
  'an app that is mounted in another answers, with the path %s',
  async (path) => {
    const imports = [ShowpadWebhooksModule.forRoot({ path, keys: KEY })];
    const app = await createApp(new ExpressAdapter() as unknown as Adapter, {
      imports,
      providers: [Handlers],
    });
    await app.init();
    apps.push(app);
    const outer = await createApp(new ExpressAdapter() as unknown as Adapter, {});
    outer.use('/mounted', app.getHttpAdapter().getInstance());
    const url = await listen(outer);
    expect(await outcome(url, `/mounted${PATH}`)).toBe('200 handled');
    expect((await send(url + PATH, signed())).status).toBe(404);
  },
);

test('the hint for a parser that was added before Nest names the line to change', async () => {
  const adapter = new ExpressAdapter();
  adapter.useBodyParser('json', false, {});
  const imports = [ShowpadWebhooksModule.forRoot({ path: PATH, keys: KEY })];
  const app = await createApp(adapter as unknown as Adapter, { imports });
  app.get<Receiver>(getShowpadReceiverToken()).onError(({ hint }) => seen.push(hint));
  expect(await outcome(await listen(app))).toBe('503 unavailable');
  expect(seen).toEqual([
    'In this Nest app a body parser was added to the HTTP adapter before NestFactory.create(). It parses the body before ' +
      `the webhook, so the raw bytes of ${PATH} are gone. Add the parser after create(), with app.useBodyParser(…) or ` +
      'app.use(…), or let it keep the bytes as req.rawBody.',
  ]);
});

test('re-exports core', () => {
  expect(createReceiver({ keys: KEY }).name).toBe('default');
});
