import { type CanActivate, type ExecutionContext, Injectable, Scope, UseGuards } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { send } from '@showpad-webhooks/conformance';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type EventOf,
  getShowpadReceiverToken,
  type HandlerContext,
  OnShowpadEvent,
  type Receipt,
  type Receiver,
  type ShowpadEventMap,
  ShowpadWebhooksModule,
} from '../src/index.ts';
import { signedDelivery } from '../src/testing/index.ts';
import { PLATFORMS } from './server.ts';

const KEY = 'nest-key';
const TYPE = 'shared-space-user-added';
type Added = EventOf<ShowpadEventMap, typeof TYPE>;

const seen: string[] = [];
const warnings: string[] = [];
let close = async (): Promise<void> => {};
afterEach(async () => {
  seen.length = warnings.length = 0;
  await close();
});

class NoteGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    seen.push(`guard of ${context.getClass().name}.${context.getHandler().name}`);
    return true;
  }
}

@Injectable()
class Handlers {
  @OnShowpadEvent(TYPE)
  add(_event: Added, _context: HandlerContext): void {
    seen.push('real');
  }

  @OnShowpadEvent('shared-space-created')
  create(): void {
    seen.push('real');
  }
}
@Injectable()
@UseGuards(NoteGuard)
class Guarded extends Handlers {}
@Injectable({ scope: Scope.REQUEST })
class PerRequest extends Handlers {}

class DenyGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}
@Injectable()
@UseGuards(DenyGuard)
class Denied {
  @OnShowpadEvent('COURSE_COMPLETED')
  complete(): void {}
}

const imports = [ShowpadWebhooksModule.forRoot({ path: '/webhooks/showpad', keys: KEY })];
const silent = { log() {}, warn: (message: string) => void warnings.push(message), error() {} };

async function deliver(builder: TestingModuleBuilder, type = TYPE): Promise<Receipt> {
  const testing = await builder.setLogger(silent).compile();
  await testing.init();
  close = () => testing.close();
  const receiver = testing.get<Receiver>(getShowpadReceiverToken());
  return receiver.receive(signedDelivery(type, { key: KEY }));
}

const mock = () => ({ add: vi.fn(), create: vi.fn() });

describe('an object that takes the place of a class with handlers gets its events', () => {
  test.each<[string, (object: object) => TestingModuleBuilder]>([
    [
      'overrideProvider(Handlers).useValue(mock)',
      (object) =>
        Test.createTestingModule({ imports, providers: [Handlers] })
          .overrideProvider(Handlers)
          .useValue(object),
    ],
    [
      'overrideProvider(Handlers).useFactory(…)',
      (object) =>
        Test.createTestingModule({ imports, providers: [Handlers] })
          .overrideProvider(Handlers)
          .useFactory({ factory: () => object }),
    ],
    [
      '{ provide: Handlers, useValue: mock }',
      (object) => Test.createTestingModule({ imports, providers: [{ provide: Handlers, useValue: object }] }),
    ],
    [
      '{ provide: Handlers, useFactory }',
      (object) =>
        Test.createTestingModule({
          imports,
          providers: [{ provide: Handlers, useFactory: async () => object }],
        }),
    ],
    [
      'overrideProvider of a request-scoped class',
      (object) =>
        Test.createTestingModule({ imports, providers: [PerRequest] })
          .overrideProvider(PerRequest)
          .useValue(object),
    ],
  ])('%s', async (_how, build) => {
    const object = mock();
    expect((await deliver(build(object))).outcome).toBe('handled');
    expect(object.add).toHaveBeenCalledOnce();
    const [event, context] = object.add.mock.calls[0] as [Added, HandlerContext];
    expect([event.data.invitee.email, context.attempt]).toEqual(['kent.cook@showpad.com', 1]);
    expect(object.add.mock.contexts).toEqual([object]);
    expect([object.create.mock.calls, seen]).toEqual([[], []]);
  });
});

test.each<[string, object]>([
  ['with null for its prototype', Object.assign(Object.create(null), mock())],
  ['that is a proxy, as automatic mocks are', new Proxy(mock(), {})],
])('a mock %s gets events', async (_what, object) => {
  const builder = Test.createTestingModule({ imports, providers: [Handlers] })
    .overrideProvider(Handlers)
    .useValue(object);
  expect((await deliver(builder)).outcome).toBe('handled');
  expect((object as ReturnType<typeof mock>).add).toHaveBeenCalledOnce();
});

test('an instance of another class, or of a subclass that overrides methods, gets events', async () => {
  class Other {
    add() {
      seen.push('other');
    }

    create() {}
  }
  class Fake extends Handlers {
    override add() {
      seen.push('fake');
    }
  }
  const withClass = (useClass: new () => object) =>
    Test.createTestingModule({ imports, providers: [Handlers] })
      .overrideProvider(Handlers)
      .useClass(useClass);
  await deliver(withClass(Other));
  await close();
  await deliver(withClass(Fake));
  await close();
  await deliver(withClass(Fake), 'shared-space-created');
  expect(seen).toEqual(['other', 'fake', 'real']);
});

test('a mock that fails, fails the delivery', async () => {
  const object = { ...mock(), add: vi.fn().mockRejectedValue(new Error('as mocked')) };
  const builder = Test.createTestingModule({ imports, providers: [Handlers] })
    .overrideProvider(Handlers)
    .useValue(object);
  const { error } = await deliver(builder);
  expect([error?.message, String(error?.cause)]).toEqual([
    `The handler "Handlers.add" for "${TYPE}" threw an error.`,
    'Error: as mocked',
  ]);
});

test('the guards of the class run before the methods of the mock', async () => {
  const object = mock();
  const builder = Test.createTestingModule({ imports, providers: [Guarded] })
    .overrideProvider(Guarded)
    .useValue(object);
  expect((await deliver(builder)).outcome).toBe('handled');
  expect(seen).toEqual(['guard of Guarded.add']);
  expect(object.add).toHaveBeenCalledOnce();
});

test('the boot warns of a mock that has no method for an event', async () => {
  const builder = Test.createTestingModule({ imports, providers: [Handlers] })
    .overrideProvider(Handlers)
    .useValue({ create() {} });
  expect((await deliver(builder)).outcome).toBe('ignored');
  expect(warnings).toContain(
    'The object that is provided as Handlers has no method add, so Handlers.add handles no events. Give it a method add if it should.',
  );
});

describe.each(PLATFORMS)('over HTTP on %s', (_platform, createAdapter) => {
  test('a mock gets the event, and a guard that denies is named', async () => {
    const object = mock();
    const builder = Test.createTestingModule({ imports, providers: [Handlers, Denied] });
    const testing = await builder.overrideProvider(Handlers).useValue(object).setLogger(silent).compile();
    const app = testing.createNestApplication(createAdapter());
    close = () => app.close();
    const errors: string[] = [];
    app.get<Receiver>(getShowpadReceiverToken()).onError(({ message }) => errors.push(message));
    await app.listen(0, '127.0.0.1');
    const url = `${await app.getUrl()}/webhooks/showpad`;
    expect((await send(url, signedDelivery(TYPE, { key: KEY }))).status).toBe(200);
    expect(object.add).toHaveBeenCalledOnce();
    expect((await send(url, signedDelivery('COURSE_COMPLETED', { key: KEY }))).status).toBe(500);
    expect(errors).toEqual(['The guard DenyGuard denied an event of type "COURSE_COMPLETED".']);
  });
});
