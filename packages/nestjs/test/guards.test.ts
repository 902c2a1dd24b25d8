import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Injectable,
  Module,
  type ModuleMetadata,
  Scope,
  UseGuards,
} from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, test } from 'vitest';
import {
  getShowpadReceiverToken,
  OnShowpadEvent,
  type Receiver,
  ShowpadWebhooksModule,
} from '../src/index.ts';
import { signedDelivery } from '../src/testing/index.ts';

const KEY = 'nest-key';
const TYPE = 'shared-space-user-added';

class DenyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.getType<string>() !== 'showpad';
  }
}
@Injectable({ scope: Scope.REQUEST })
class RequestDenyGuard extends DenyGuard {}
@Injectable({ scope: Scope.TRANSIENT })
class TransientDenyGuard extends DenyGuard {}

let handled = 0;
class Handlers {
  @OnShowpadEvent(TYPE)
  add() {
    handled += 1;
  }
}
@Injectable()
@UseGuards(DenyGuard)
class Guarded extends Handlers {}
@Injectable({ scope: Scope.REQUEST })
@UseGuards(DenyGuard)
class RequestGuarded extends Handlers {}
@Injectable({ scope: Scope.TRANSIENT })
@UseGuards(DenyGuard)
class TransientGuarded extends Handlers {}
@Injectable()
@UseGuards(RequestDenyGuard)
class GuardedByRequest extends Handlers {}
@Injectable()
@UseGuards(TransientDenyGuard)
class GuardedByTransient extends Handlers {}
@Injectable()
@UseGuards(new DenyGuard())
class GuardedByInstance extends Handlers {}
@Controller()
@UseGuards(DenyGuard)
class GuardedController extends Handlers {}
@Controller({ scope: Scope.REQUEST })
@UseGuards(DenyGuard)
class RequestGuardedController extends Handlers {}

let testing: TestingModule | undefined;
afterEach(async () => {
  handled = 0;
  await testing?.close();
  testing = undefined;
});

async function boot(metadata: ModuleMetadata): Promise<Receiver> {
  const showpad = ShowpadWebhooksModule.forRoot({ path: '/webhooks/showpad', keys: KEY });
  const imports = [...(metadata.imports ?? []), showpad];
  const compiled = await Test.createTestingModule({ ...metadata, imports }).compile();
  await compiled.init();
  testing = compiled;
  return compiled.get(getShowpadReceiverToken());
}

describe('a guard that denies runs before the handlers of', () => {
  test.each<[string, ModuleMetadata]>([
    ['a provider', { providers: [Guarded] }],
    ['a request-scoped provider', { providers: [RequestGuarded] }],
    ['a transient provider', { providers: [TransientGuarded] }],
    ['a controller', { controllers: [GuardedController] }],
    ['a request-scoped controller', { controllers: [RequestGuardedController] }],
    ['a provider, as a request-scoped guard', { providers: [GuardedByRequest] }],
    ['a provider, as a transient guard', { providers: [GuardedByTransient] }],
    ['a value, as an instance', { providers: [{ provide: 'crm', useValue: new GuardedByInstance() }] }],
  ])('%s', async (_what, metadata) => {
    const receiver = await boot(metadata);
    const { outcome, error } = await receiver.receive(signedDelivery(TYPE, { key: KEY }));
    expect([outcome, String(error?.cause), handled]).toEqual([
      'failed',
      'ForbiddenException: Forbidden resource',
      0,
    ]);
  });
});

test.each<[string, ModuleMetadata]>([
  ['a value', { providers: [{ provide: 'crm', useValue: new Guarded() }] }],
  ['a factory', { providers: [{ provide: Guarded, useFactory: () => new Guarded() }] }],
  [
    'a request-scoped factory',
    { providers: [{ provide: Guarded, scope: Scope.REQUEST, useFactory: () => new Guarded() }] },
  ],
])('boot fails for a guard that Nest would skip, on an object from %s', async (_what, metadata) => {
  await expect(boot(metadata)).rejects.toThrow(
    'Guarded.add uses DenyGuard, but Nest did not create DenyGuard for it, so it would not run. Provide the class of the ' +
      'handler itself, as in providers: [Guarded], or pass an instance of DenyGuard to the decorator.',
  );
});

test('a guard of a provider’s class is found if an alias of it comes first', async () => {
  @Module({ providers: [Guarded], exports: [Guarded] })
  class GuardedModule {}
  @Module({ imports: [GuardedModule], providers: [{ provide: 'ALIAS', useExisting: Guarded }] })
  class AliasModule {}
  const receiver = await boot({ imports: [AliasModule] });
  expect((await receiver.receive(signedDelivery(TYPE, { key: KEY }))).outcome).toBe('failed');
  expect(handled).toBe(0);
});
