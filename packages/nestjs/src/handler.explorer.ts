import type { Type } from '@nestjs/common';
import {
  ContextIdFactory,
  type DiscoveryService,
  type ExternalContextCreator,
  type MetadataScanner,
  ModuleRef,
} from '@nestjs/core';
import type { AnyReceiver, EventEnvelope, Handler, HandlerContext } from '@showpad-webhooks/core';
import { checkEnhancers, hasFilters } from './handler.enhancers.ts';
import { checkReplaced, type HandlerMetadata, handlersOf, PARAMETERS } from './on-showpad-event.decorator.ts';

/** The type of the context that guards, interceptors and filters get: `context.getType() === 'showpad'`. */
export const SHOWPAD_CONTEXT_TYPE = 'showpad';

export interface NestServices {
  readonly discovery: DiscoveryService;
  readonly scanner: MetadataScanner;
  readonly contextCreator: ExternalContextCreator;
}

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Method = (...args: unknown[]) => unknown;

/** A decorated method, and the provider it belongs to. */
interface Found {
  readonly wrapper: Wrapper;
  readonly provider: Type<object>;
  readonly methodName: string;
  readonly method: Method;
  readonly metadata: HandlerMetadata;
}

/**
 * Registers the handlers that were decorated for a receiver.
 *
 * @throws Error for a handler of a receiver that no module configures, for two handlers of one name, for a class that is
 * provided twice, for a decorated method that was replaced, and for an enhancer that would not run.
 */
export function registerHandlers(
  receiver: AnyReceiver,
  configuredNames: readonly string[],
  services: NestServices,
): void {
  for (const found of findHandlers(services)) {
    const { receiver: receiverName = 'default', types, name } = found.metadata;
    const ownName = `${found.provider.name}.${found.methodName}`;
    if (!configuredNames.includes(receiverName)) {
      throw new Error(
        `${ownName} handles events of the Showpad receiver "${receiverName}", but no module configures it. The configured ` +
          `receivers are: ${configuredNames.map((each) => `"${each}"`).join(', ')}. Import ` +
          `ShowpadWebhooksModule.forRoot({ name: '${receiverName}', … }), or name another receiver in @OnShowpadEvent.`,
      );
    }
    if (receiverName !== receiver.name) continue;
    const { method, provider, wrapper } = found;
    checkEnhancers(
      ownName,
      [provider, method],
      (enhancer) => wrapper.host?.injectables.has(enhancer) ?? false,
    );
    const handler = createHandler(found, services);
    // The receiver warns of a function name that a minifier seems to have made. It takes a given one as it is.
    Object.defineProperty(handler, 'name', { value: ownName });
    const options = name === undefined ? {} : { name };
    if (types === '*') receiver.onAny(handler as Handler<unknown>, options);
    else receiver.on(types, handler as Handler<unknown>, options);
  }
}

function findHandlers({ discovery, scanner }: NestServices): readonly Found[] {
  const seen = new Set<object>();
  const classes = new Set<Type<object>>();
  return [...discovery.getProviders(), ...discovery.getControllers()].flatMap((wrapper) => {
    const prototype = prototypeOf(wrapper);
    // Several tokens may provide the same instance.
    if (!prototype || wrapper.isAlias || seen.has(wrapper.instance ?? wrapper)) return [];
    seen.add(wrapper.instance ?? wrapper);
    const provider = prototype.constructor as unknown as Type<object>;
    const found = scanner.getAllMethodNames(prototype).flatMap((methodName) => {
      checkReplaced(prototype, methodName);
      const method = prototype[methodName] as Method;
      return handlersOf(method).map((metadata) => ({ wrapper, provider, methodName, method, metadata }));
    });
    if (found.length > 0 && classes.has(provider)) {
      throw new Error(
        `${provider.name} has handlers and is provided twice, so each handler would run twice. Provide it in one module, ` +
          'and export it from there.',
      );
    }
    classes.add(provider);
    return found;
  });
}

/** A provider that is created per delivery has no working instance yet: Nest holds an empty one, or none for a factory. */
function prototypeOf(wrapper: Wrapper): Record<string, Method> | null {
  const { instance, token } = wrapper;
  if (typeof instance === 'object' && instance !== null) return Object.getPrototypeOf(instance);
  return isCreatedPerDelivery(wrapper) && typeof token === 'function' ? token.prototype : null;
}

function isCreatedPerDelivery(wrapper: Wrapper): boolean {
  return wrapper.isTransient || !wrapper.isDependencyTreeStatic();
}

/** Calls the method as Nest would: with its guards, pipes, interceptors and filters. */
function createHandler(found: Found, services: NestServices): Handler<EventEnvelope<string, unknown>> {
  const { wrapper } = found;
  if (!isCreatedPerDelivery(wrapper)) return callable(found, wrapper.instance, services);
  // The module of the provider is asked, because another one may provide something else under the same token.
  const moduleRef = wrapper.host?.getProviderByKey(ModuleRef).instance as ModuleRef;
  return async (event, context) => {
    // As for an HTTP request, each delivery gets a provider of its own, which can inject the delivery as REQUEST.
    const contextId = ContextIdFactory.create();
    moduleRef.registerRequestByContextId({ event, context }, contextId);
    const instance: object = await moduleRef.resolve(wrapper.token, contextId);
    return callable(found, instance, services, contextId)(event, context);
  };
}

function callable(
  { wrapper, methodName, method, provider }: Found,
  instance: object,
  { contextCreator }: NestServices,
  contextId?: ReturnType<typeof ContextIdFactory.create>,
): (event: unknown, context: HandlerContext) => Promise<unknown> {
  // Nest looks for enhancers in the module that lists the class as a provider, and would find none for a controller.
  const ownContext: ExternalContextCreator = Object.create(contextCreator, {
    getContextModuleKey: { value: () => wrapper.host?.token ?? '' },
  });
  return ownContext.create(
    instance,
    method,
    methodName,
    PARAMETERS,
    { exchangeKeyForValue: (index, _data, args: unknown[]) => args[index] },
    contextId,
    undefined,
    // If a filter returns, the error counts as handled and the event is lost. So filters run only if this very method or class
    // has one, and a filter for all HTTP routes never runs alone.
    { guards: true, interceptors: true, filters: hasFilters(method) || hasFilters(provider) },
    SHOWPAD_CONTEXT_TYPE,
  );
}
