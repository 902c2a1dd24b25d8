import type { Type } from '@nestjs/common';
import {
  ContextIdFactory,
  type DiscoveryService,
  type ExternalContextCreator,
  type MetadataScanner,
  type ModuleRef,
} from '@nestjs/core';
import type { EventEnvelope, Handler, HandlerContext, Receiver } from '@showpad-webhooks/core';
import { checkEnhancers, hasFilters } from './handler.enhancers.ts';
import { type HandlerMetadata, handlersOf, PARAMETERS } from './on-showpad-event.decorator.ts';

/** The `type` of guards', interceptors' and filters' context: `context.getType() === 'showpad'`. */
export const SHOWPAD_CONTEXT_TYPE = 'showpad';

export interface NestServices {
  readonly discovery: DiscoveryService;
  readonly scanner: MetadataScanner;
  readonly moduleRef: ModuleRef;
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
 * Gives a receiver the handlers that were decorated for it.
 *
 * @throws Error for a handler of a receiver that no module configured, for two of one name, and for an enhancer
 * that would not run.
 */
export function registerHandlers(
  receiver: Receiver,
  configuredNames: readonly string[],
  services: NestServices,
): void {
  for (const found of findHandlers(services)) {
    const { receiver: receiverName = 'default', types, name } = found.metadata;
    const ownName = `${found.provider.name}.${found.methodName}`;
    if (!configuredNames.includes(receiverName)) {
      throw new Error(
        `${ownName} is decorated for the Showpad receiver "${receiverName}", and none of that name is configured ` +
          `(there is ${configuredNames.map((each) => `"${each}"`).join(', ')}). ` +
          `Import ShowpadWebhooksModule.forRoot({ name: '${receiverName}', … }).`,
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
    const options = { name: name ?? ownName };
    if (types === '*') receiver.onAny(handler as Handler<unknown>, options);
    else receiver.on(types as never[], handler as Handler<unknown>, options);
  }
}

function findHandlers({ discovery, scanner }: NestServices): readonly Found[] {
  const seen = new Set<unknown>();
  return [...discovery.getProviders(), ...discovery.getControllers()].flatMap((wrapper) => {
    const { instance } = wrapper;
    // One instance may stand under several tokens, by `useExisting`.
    if (typeof instance !== 'object' || instance === null || seen.has(instance)) return [];
    seen.add(instance);
    // Of a request-scoped provider this is no working instance yet, but it has the prototype.
    const prototype = Object.getPrototypeOf(instance) as Record<string, Method> | null;
    if (prototype === null) return [];
    const provider = prototype.constructor as unknown as Type<object>;
    return scanner.getAllMethodNames(prototype).flatMap((methodName) => {
      const method = prototype[methodName] as Method;
      return handlersOf(method).map((metadata) => ({ wrapper, provider, methodName, method, metadata }));
    });
  });
}

/** Calls the method as Nest would: with its guards, pipes, interceptors and filters. */
function createHandler(found: Found, services: NestServices): Handler<EventEnvelope<string, unknown>> {
  const { wrapper } = found;
  if (wrapper.isDependencyTreeStatic()) return callable(found, wrapper.instance, services);
  return async (event, context) => {
    // As for an HTTP request: a provider of its own per delivery, which may inject it as REQUEST.
    const contextId = ContextIdFactory.create();
    services.moduleRef.registerRequestByContextId({ event, context }, contextId);
    const instance: object = await services.moduleRef.resolve(wrapper.token, contextId, { strict: false });
    return callable(found, instance, services, contextId)(event, context);
  };
}

function callable(
  { wrapper, methodName, method, provider }: Found,
  instance: object,
  { contextCreator }: NestServices,
  contextId?: ReturnType<typeof ContextIdFactory.create>,
): (event: unknown, context: HandlerContext) => Promise<unknown> {
  // Nest looks for enhancers in the module that has the class among its providers: none for a controller.
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
    // A filter that returns has handled the error, and the event is lost. So only a filter that was put on this
    // very method or class is asked, never one that was made for all HTTP routes.
    { guards: true, interceptors: true, filters: hasFilters(method) || hasFilters(provider) },
    SHOWPAD_CONTEXT_TYPE,
  );
}
