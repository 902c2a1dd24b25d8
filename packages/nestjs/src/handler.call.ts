import { type ContextId, ContextIdFactory, type ExternalContextCreator } from '@nestjs/core';
import type { EventEnvelope, Handler, HandlerContext } from '@showpad-webhooks/core';
import {
  configOf,
  enhancersOf,
  type GlobalEnhancers,
  hasScoped,
  moduleRefOf,
  NO_GLOBAL_ENHANCERS,
  staticEnhancers,
} from './global.enhancers.ts';
import { createHandlerContext } from './handler.context.ts';
import { nameCulprit } from './handler.culprit.ts';
import { hasFilters } from './handler.enhancers.ts';
import { type FoundHandler, isCreatedPerDelivery, type Method } from './handler.finder.ts';
import { copyMetadata, PARAMETERS } from './handler.metadata.ts';

/** The type of the context that guards, interceptors and filters get: `context.getType() === 'showpad'`. */
export const SHOWPAD_CONTEXT_TYPE = 'showpad';

export interface CallOptions {
  readonly contextCreator: ExternalContextCreator;
  /** True: what was made for the whole app runs too. */
  readonly globalEnhancers: boolean;
}

type Event = EventEnvelope<string, unknown>;
type Call = (event: Event, context: HandlerContext) => Promise<unknown>;

/** Calls the method as Nest would: with its guards, pipes, interceptors and filters. */
export function createHandler(found: FoundHandler, options: CallOptions): Handler<Event> {
  const call = createCall(found, options);
  return (event, context) => nameCulprit(() => call(event, context), event, context);
}

function createCall(found: FoundHandler, { contextCreator, globalEnhancers }: CallOptions): Call {
  const { wrapper } = found;
  const config = configOf(contextCreator);
  const globals = globalEnhancers ? staticEnhancers(config) : NO_GLOBAL_ENHANCERS;
  const hasScopedGlobals = globalEnhancers && hasScoped(config);
  const isOneInstance = !isCreatedPerDelivery(wrapper);
  if (isOneInstance && !hasScopedGlobals) {
    return callable(found, { instance: wrapper.instance, contextCreator, globals });
  }
  const moduleRef = moduleRefOf(wrapper);
  return async (event, context) => {
    // As for an HTTP request, each delivery gets a provider of its own, which can inject the delivery as REQUEST.
    const contextId = ContextIdFactory.create();
    moduleRef.registerRequestByContextId({ event, context }, contextId);
    const instance = isOneInstance ? wrapper.instance : await moduleRef.resolve(wrapper.token, contextId);
    const call = callable(found, {
      instance,
      contextCreator,
      globals: hasScopedGlobals ? await enhancersOf(config, contextId) : globals,
      contextId,
    });
    return call(event, context);
  };
}

interface CallableOptions {
  readonly instance: Record<string, Method>;
  readonly contextCreator: ExternalContextCreator;
  readonly globals: GlobalEnhancers;
  readonly contextId?: ContextId;
}

function callable(
  found: FoundHandler,
  { instance, contextCreator, globals, contextId }: CallableOptions,
): Call {
  const { wrapper, methodName, method, provider, isStandIn } = found;
  const context = createHandlerContext(contextCreator, wrapper.host?.token ?? '', globals);
  return context.create(
    isStandIn ? Object.create(provider.prototype) : instance,
    isStandIn ? standInFor(method, methodName, instance) : method,
    methodName,
    PARAMETERS,
    { exchangeKeyForValue: (index, _data, args: unknown[]) => args[index] },
    contextId,
    inquirerOf(found, contextCreator),
    // If a filter returns, the error counts as handled and the event is lost. So filters run only if this very method or class
    // has one, or if the app's own were asked for.
    {
      guards: true,
      interceptors: true,
      filters: globals.filters.length > 0 || hasFilters(method) || hasFilters(provider),
    },
    SHOWPAD_CONTEXT_TYPE,
  );
}

/** The object takes the place of the class, and the guards of the class still run before it. */
function standInFor(method: Method, methodName: string, instance: Record<string, Method>): Method {
  const standIn: Method = (...args) => instance[methodName]?.(...args);
  copyMetadata(method, standIn);
  Object.defineProperty(standIn, 'name', { value: methodName });
  return standIn;
}

/** Nest 11 and 12 keep the transient enhancers of a class by the class's own provider, and Nest 10 keeps one for all. */
function inquirerOf({ wrapper }: FoundHandler, contextCreator: ExternalContextCreator): string | undefined {
  return 'getHostModuleKey' in contextCreator && !isCreatedPerDelivery(wrapper) ? wrapper.id : undefined;
}
