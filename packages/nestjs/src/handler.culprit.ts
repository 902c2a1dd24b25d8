import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import {
  type EventEnvelope,
  type HandlerContext,
  PermanentError,
  ShowpadWebhookError,
} from '@showpad-webhooks/core';
import { clip } from '@showpad-webhooks/core/shared';
import { isObservable, lastValueFrom, tap } from 'rxjs';

/** What failed in a call of a handler: the handler itself, or something that ran around it. */
type Culprit = 'handler' | { readonly kind: Kind; readonly name: string; readonly isDenial: boolean };
type Kind = 'guard' | 'interceptor' | 'pipe';

// The handlers of one delivery share its context, and run one after another.
const culprits = new WeakMap<HandlerContext, Culprit>();

// Nest tells a pipe nothing about the call, so what it throws is remembered until it leaves the handler.
const thrownByPipes = new WeakMap<object, Culprit>();

/** The first failure counts, because an interceptor may throw another error for it. */
function accuse(context: HandlerContext, culprit: Culprit): void {
  if (!culprits.has(context)) culprits.set(context, culprit);
}

export function watchGuard(guard: CanActivate): CanActivate {
  const name = nameOf(guard);
  return {
    async canActivate(execution: ExecutionContext): Promise<boolean> {
      let isDenial = false;
      try {
        const result = await guard.canActivate(execution);
        if (isObservable(result) ? await lastValueFrom(result) : result) return true;
        isDenial = true;
        throw new ForbiddenException('Forbidden resource'); // Nest would throw it too.
      } catch (thrown) {
        accuse(contextOf(execution), { kind: 'guard', name, isDenial });
        throw thrown;
      }
    },
  };
}

export function watchInterceptor(interceptor: NestInterceptor): NestInterceptor {
  const culprit: Culprit = { kind: 'interceptor', name: nameOf(interceptor), isDenial: false };
  return {
    async intercept(execution: ExecutionContext, next: CallHandler) {
      const fail = () => accuse(contextOf(execution), culprit);
      try {
        const result = await interceptor.intercept(execution, next);
        return result.pipe(tap({ error: fail }));
      } catch (thrown) {
        fail();
        throw thrown;
      }
    },
  };
}

export function watchPipe(pipe: PipeTransform): PipeTransform {
  const culprit: Culprit = { kind: 'pipe', name: nameOf(pipe), isDenial: false };
  return {
    async transform(value, metadata) {
      try {
        return await pipe.transform(value, metadata);
      } catch (thrown) {
        if (isObject(thrown)) thrownByPipes.set(thrown, culprit);
        throw thrown;
      }
    },
  };
}

/** Watches the innermost part of a call: the pipes and the handler. */
export function watchHandler(next: () => Promise<unknown>, context: HandlerContext): () => Promise<unknown> {
  const fail = (thrown: unknown) =>
    accuse(context, (isObject(thrown) && thrownByPipes.get(thrown)) || 'handler');
  return async () => {
    try {
      const result = await next();
      return isObservable(result) ? result.pipe(tap({ error: fail })) : result;
    } catch (thrown) {
      fail(thrown);
      throw thrown;
    }
  };
}

/** Runs a handler with all that is around it. @throws an error that names what failed, if it is not the handler. */
export async function nameCulprit(
  run: () => Promise<unknown>,
  event: EventEnvelope<string, unknown>,
  context: HandlerContext,
): Promise<unknown> {
  try {
    return await run();
  } catch (thrown) {
    const culprit = culprits.get(context) ?? 'handler';
    throw culprit === 'handler' ? thrown : errorOf(culprit, event, thrown);
  } finally {
    culprits.delete(context);
  }
}

function errorOf(
  { kind, name, isDenial }: Exclude<Culprit, 'handler'>,
  { type }: EventEnvelope<string, unknown>,
  cause: unknown,
): ShowpadWebhookError {
  const isPermanent = PermanentError.isInstance(cause);
  const what = isPermanent ? 'threw a PermanentError on' : isDenial ? 'denied' : 'threw an error on';
  const consequence = isPermanent
    ? 'So no retry follows, and the event counts as completed. See error.cause.'
    : `See error.cause. If the ${kind} is made for HTTP requests, let webhooks pass: if (context.getType() !== 'http') return …; ` +
      'It runs again with the next attempt, unless this was the last one.';
  return new ShowpadWebhookError(
    isPermanent ? 'PERMANENT_FAILURE' : 'HANDLER_FAILED',
    `The ${kind} ${name} ${what} an event of type "${clip(type, 64)}".`,
    { hint: kind === 'interceptor' ? consequence : `The handler did not run. ${consequence}`, cause },
  );
}

function contextOf(execution: ExecutionContext): HandlerContext {
  return execution.getArgByIndex(1);
}

/** Errors of Node itself are of another realm under Jest, so `instanceof` does not know them. */
function isObject(thrown: unknown): thrown is object {
  return typeof thrown === 'object' && thrown !== null;
}

function nameOf(enhancer: object): string {
  return enhancer.constructor?.name || 'without a name';
}
