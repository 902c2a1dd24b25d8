import type { Type } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { checkReplaced, type HandlerMetadata, handlersOf } from './handler.metadata.ts';

export type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
export type Method = (...args: unknown[]) => unknown;

/** A decorated method, and the provider it belongs to. */
export interface FoundHandler {
  readonly wrapper: Wrapper;
  /** The class that names the handler, and whose enhancers run. */
  readonly provider: Type<object>;
  readonly methodName: string;
  /** The decorated method. */
  readonly method: Method;
  readonly metadata: HandlerMetadata;
  /** True if another object takes the place of the class: a mock, for example. Its method of this name is called. */
  readonly isStandIn: boolean;
}

/** @throws Error for a class with handlers that is provided twice, and for a decorated method that was replaced. */
export function findHandlers(discovery: DiscoveryService, scanner: MetadataScanner): readonly FoundHandler[] {
  const seen = new Set<object>();
  const classes = new Set<Type<object>>();
  return [...discovery.getProviders(), ...discovery.getControllers()].flatMap((wrapper) => {
    const found = handlersOfProvider(wrapper, scanner, seen);
    for (const provider of new Set(found.map((each) => each.provider))) {
      if (classes.has(provider)) {
        throw new Error(
          `${provider.name} has handlers and is provided twice, so each handler would run twice. Provide it in one module, ` +
            'and export it from there.',
        );
      }
      classes.add(provider);
    }
    return found;
  });
}

function handlersOfProvider(wrapper: Wrapper, scanner: MetadataScanner, seen: Set<object>): FoundHandler[] {
  if (wrapper.isAlias) return [];
  const prototype = prototypeOf(wrapper);
  const declared = declaredPrototype(wrapper);
  const methodsOf = (from: Record<string, Method>, isStandIn: boolean): FoundHandler[] =>
    scanner.getAllMethodNames(from).flatMap((methodName) => {
      const method = from[methodName] as Method;
      const provider = from.constructor as unknown as Type<object>;
      const found = { wrapper, provider, methodName, method, isStandIn };
      return handlersOf(method).map((metadata) => ({ ...found, metadata }));
    });
  const own = prototype ? methodsOf(prototype, false) : [];
  const standIns =
    declared && declared !== prototype
      ? methodsOf(declared, true).filter(
          ({ methodName }) => !own.some((each) => each.methodName === methodName),
        )
      : [];
  if (prototype) {
    for (const methodName of scanner.getAllMethodNames(prototype)) {
      if (!standIns.some((each) => each.methodName === methodName)) checkReplaced(prototype, methodName);
    }
  }
  // Several tokens may provide the same instance.
  const identity = wrapper.instance ?? wrapper;
  if (seen.has(identity)) return standIns;
  seen.add(identity);
  return [...own, ...standIns];
}

/** A provider that is created per delivery has no working instance yet: Nest holds an empty one, or none for a factory. */
function prototypeOf(wrapper: Wrapper): Record<string, Method> | null {
  const { instance } = wrapper;
  if (typeof instance === 'object' && instance !== null) return Object.getPrototypeOf(instance);
  return isCreatedPerDelivery(wrapper) ? declaredPrototype(wrapper) : null;
}

/** What the token promises. `overrideProvider(Handlers).useValue(mock)` provides something else under the same token. */
function declaredPrototype({ token }: Wrapper): Record<string, Method> | null {
  return (typeof token === 'function' && token.prototype) || null;
}

export function isCreatedPerDelivery(wrapper: Wrapper): boolean {
  return wrapper.isTransient || !wrapper.isDependencyTreeStatic();
}
