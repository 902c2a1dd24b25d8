import type { CanActivate, NestInterceptor, PipeTransform } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import type { HandlerContext } from '@showpad-webhooks/core';
import type { GlobalEnhancers } from './global.enhancers.ts';
import { watchGuard, watchHandler, watchInterceptor, watchPipe } from './handler.culprit.ts';

/** One of Nest's four: it makes the list of the guards of a method, or of its interceptors, pipes or filters. */
interface EnhancerCreator {
  create(...args: unknown[]): object[];
}

interface InterceptorsConsumer {
  intercept(...args: [...before: unknown[], next: () => Promise<unknown>, type: string]): Promise<unknown>;
}

/** Private fields, which are the same in Nest 10, 11 and 12. */
interface Internals {
  readonly guardsContextCreator: EnhancerCreator;
  readonly interceptorsContextCreator: EnhancerCreator;
  readonly pipesContextCreator: EnhancerCreator;
  readonly filtersContextCreator: EnhancerCreator;
  readonly interceptorsConsumer: InterceptorsConsumer;
}

/**
 * Makes a context creator for handlers of one module, out of the app's. It calls a method as Nest would, but with the given
 * global enhancers instead of all, and it remembers which enhancer failed.
 */
export function createHandlerContext(
  contextCreator: ExternalContextCreator,
  moduleKey: string,
  globals: GlobalEnhancers,
): ExternalContextCreator {
  const internals = contextCreator as unknown as Internals;
  const { interceptorsConsumer } = internals;
  const watchingConsumer: InterceptorsConsumer = {
    intercept(...all) {
      const [interceptors, args, instance, callback, next, type] = all as unknown as [
        unknown,
        [unknown, HandlerContext],
        unknown,
        unknown,
        () => Promise<unknown>,
        string,
      ];
      const watched = watchHandler(next, args[1]);
      return interceptorsConsumer.intercept(interceptors, args, instance, callback, watched, type);
    },
  };
  const fields = {
    guardsContextCreator: replace<CanActivate>(internals.guardsContextCreator, globals.guards, watchGuard),
    interceptorsContextCreator: replace<NestInterceptor>(
      internals.interceptorsContextCreator,
      globals.interceptors,
      watchInterceptor,
    ),
    pipesContextCreator: replace<PipeTransform>(internals.pipesContextCreator, globals.pipes, watchPipe),
    filtersContextCreator: Object.create(internals.filtersContextCreator, {
      getGlobalMetadata: { value: () => [...globals.filters] },
    }),
    interceptorsConsumer: watchingConsumer,
    // Nest looks for enhancers in the module that lists the class as a provider, and would find none for a controller.
    getContextModuleKey: () => moduleKey,
  };
  return Object.assign(Object.create(contextCreator), fields);
}

function replace<Enhancer extends object>(
  creator: EnhancerCreator,
  globals: readonly Enhancer[],
  watch: (enhancer: Enhancer) => Enhancer,
): EnhancerCreator {
  const replaced = Object.create(creator, { getGlobalMetadata: { value: () => [...globals] } });
  replaced.create = (...args: unknown[]) =>
    creator.create.apply(replaced, args).map((enhancer) => watch(enhancer as Enhancer));
  return replaced;
}
