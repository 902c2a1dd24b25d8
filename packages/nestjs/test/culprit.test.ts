import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  type Type,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { catchError, type Observable, of, throwError, timeout } from 'rxjs';
import { afterEach, expect, test } from 'vitest';
import {
  getShowpadReceiverToken,
  OnShowpadEvent,
  PermanentError,
  type Receipt,
  type Receiver,
  ShowpadWebhooksModule,
} from '../src/index.ts';
import { signedDelivery } from '../src/testing/index.ts';

const KEY = 'nest-key';
const TYPE = 'shared-space-user-added';

let close = async (): Promise<void> => {};
afterEach(() => close());

async function startApp(...handlers: Type<object>[]): Promise<Receiver> {
  const imports = [ShowpadWebhooksModule.forRoot({ path: '/webhooks/showpad', keys: KEY })];
  const testing = await Test.createTestingModule({ imports, providers: handlers }).compile();
  await testing.init();
  close = () => testing.close();
  return testing.get<Receiver>(getShowpadReceiverToken());
}

async function deliver(...handlers: Type<object>[]): Promise<Receipt> {
  const receiver = await startApp(...handlers);
  return receiver.receive(signedDelivery(TYPE, { key: KEY }));
}

/** A class of handlers with one decorator above its method. */
function handled(decorator: MethodDecorator, run: () => unknown = () => {}): Type<object> {
  @Injectable()
  class Handlers {
    @OnShowpadEvent(TYPE)
    @decorator
    add(): unknown {
      return run();
    }
  }
  return Handlers;
}

const fail = (thrown: unknown = new Error('no')) => {
  throw thrown;
};
function guard(run: () => unknown): CanActivate {
  class RolesGuard implements CanActivate {
    canActivate(): boolean {
      return run() as boolean;
    }
  }
  return new RolesGuard();
}
function interceptor(run: (next: CallHandler) => unknown): NestInterceptor {
  class CacheInterceptor implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return run(next) as Observable<unknown>;
    }
  }
  return new CacheInterceptor();
}
class TypePipe implements PipeTransform {
  transform(): never {
    throw new TypeError('invalid');
  }
}

const later = () => new Promise(() => {});

test.each<[string, Type<object>, string, string]>([
  [
    'a guard that denies',
    handled(UseGuards(guard(() => false))),
    'The guard RolesGuard denied',
    'ForbiddenException: Forbidden resource',
  ],
  [
    'a guard that denies later',
    handled(UseGuards(guard(async () => false))),
    'The guard RolesGuard denied',
    'ForbiddenException: Forbidden resource',
  ],
  [
    'a guard that denies by an observable',
    handled(UseGuards(guard(() => of(false)))),
    'The guard RolesGuard denied',
    'ForbiddenException: Forbidden resource',
  ],
  [
    'a guard that throws',
    handled(UseGuards(guard(fail))),
    'The guard RolesGuard threw an error on',
    'Error: no',
  ],
  [
    'a guard that throws no error',
    handled(UseGuards(guard(() => fail('text')))),
    'The guard RolesGuard threw an error on',
    'text',
  ],
  [
    'a guard that rejects',
    handled(UseGuards(guard(async () => fail()))),
    'The guard RolesGuard threw an error on',
    'Error: no',
  ],
  [
    'a guard whose observable fails',
    handled(UseGuards(guard(() => throwError(() => new Error('no'))))),
    'The guard RolesGuard threw an error on',
    'Error: no',
  ],
  [
    'an interceptor that throws',
    handled(UseInterceptors(interceptor(() => fail()))),
    'The interceptor CacheInterceptor threw an error on',
    'Error: no',
  ],
  [
    'an interceptor that rejects',
    handled(UseInterceptors(interceptor(async () => fail()))),
    'The interceptor CacheInterceptor threw an error on',
    'Error: no',
  ],
  [
    'an interceptor that does not wait',
    handled(UseInterceptors(interceptor((next) => next.handle().pipe(timeout(1)))), later),
    'The interceptor CacheInterceptor threw an error on',
    'TimeoutError: Timeout has occurred',
  ],
  ['a pipe', handled(UsePipes(TypePipe)), 'The pipe TypePipe threw an error on', 'TypeError: invalid'],
])('the error of %s names it, and not the handler', async (_what, handlers, says, cause) => {
  const { response, error } = await deliver(handlers);
  expect([response.status, error?.code, String(error?.cause)]).toEqual([500, 'HANDLER_FAILED', cause]);
  expect(error?.message).toBe(`${says} an event of type "${TYPE}".`);
  expect(error?.hint).toContain("if (context.getType() !== 'http')");
  expect(`${error?.message} ${error?.hint}`).not.toContain('Handlers');
});

test('no control character of a type reaches the error', async () => {
  @Injectable()
  class Handlers {
    @OnShowpadEvent('*')
    @UseGuards(guard(() => false))
    add() {}
  }
  const receiver = await startApp(Handlers);
  const event = { type: '\u009b2J\u202e\n', id: '1', data: {} };
  const { error } = await receiver.receive(signedDelivery(event, { key: KEY }));
  expect(error?.message).toBe('The guard RolesGuard denied an event of type "\\u009b2J\\u202e\\n".');
});

test.each<[string, Type<object>, string]>([
  ['under an interceptor', handled(UseInterceptors(interceptor((next) => next.handle())), fail), 'Error: no'],
  [
    'by an observable',
    handled(UseInterceptors(interceptor((next) => next.handle())), () => throwError(() => new Error('no'))),
    'Error: no',
  ],
  [
    'under an interceptor that throws another error for it',
    handled(
      UseInterceptors(
        interceptor((next) =>
          next.handle().pipe(catchError(() => throwError(() => new Error('translated')))),
        ),
      ),
      fail,
    ),
    'Error: translated',
  ],
])('the error of a handler that fails %s names the handler', async (_how, handlers, cause) => {
  const { error } = await deliver(handlers);
  expect([error?.message, String(error?.cause)]).toEqual([
    `The handler "Handlers.add" for "${TYPE}" threw an error.`,
    cause,
  ]);
});

test('a guard can fail an event permanently, and is named too', async () => {
  const { response, error } = await deliver(
    handled(UseGuards(guard(() => fail(new PermanentError('a test space'))))),
  );
  expect([response.status, error?.code, error?.message, String(error?.cause)]).toEqual([
    422,
    'PERMANENT_FAILURE',
    `The guard RolesGuard threw a PermanentError on an event of type "${TYPE}".`,
    'PermanentError: a test space',
  ]);
});

test('a guard that failed for one handler is not named for the next one', async () => {
  @Injectable()
  class Second {
    @OnShowpadEvent(TYPE)
    add() {
      throw new Error('the second');
    }
  }
  const reported: string[] = [];
  const receiver = await startApp(handled(UseGuards(guard(() => false))), Second);
  receiver.onError(({ message }) => reported.push(message));
  await receiver.receive(signedDelivery(TYPE, { key: KEY }));
  expect(reported.toSorted()).toEqual([
    `The guard RolesGuard denied an event of type "${TYPE}".`,
    `The handler "Second.add" for "${TYPE}" threw an error.`,
  ]);
});

test('an event type from outside cannot begin a line of a log', async () => {
  @Injectable()
  class Handlers {
    @OnShowpadEvent('*')
    @UseGuards(guard(() => false))
    add() {}
  }
  const receiver = await startApp(Handlers);
  const event = { type: 'a\nforged line', id: '1', data: {} };
  const { error } = await receiver.receive(signedDelivery({ body: JSON.stringify(event) }, { key: KEY }));
  expect(error?.message).toBe('The guard RolesGuard denied an event of type "a\\nforged line".');
});
