import type { EventOf, HandlerContext, ShowpadEvent, ShowpadEventMap } from '@showpad-webhooks/core';

export interface OnShowpadEventOptions {
  /** The receiver's name, where the app has several. Default `default`. */
  readonly receiver?: string;
  /** How a ledger remembers that this handler is done. Default `Class.method`. */
  readonly name?: string;
}

/** One use of the decorator. */
export interface HandlerMetadata extends OnShowpadEventOptions {
  readonly types: readonly string[] | '*';
}

/** Decorates a method that takes the event, and refuses to compile on one that takes another. */
export type ShowpadEventDecorator<Event> = <
  Method extends (event: Event, context: HandlerContext) => unknown,
>(
  target: object,
  methodName: string,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

// Registered, since the ESM and the CJS build may meet in one app.
const HANDLERS = Symbol.for('@showpad-webhooks/nestjs/handlers');

/** Where Nest looks for a method's parameters, so that pipes apply to them. A string, as Nest wants it. */
export const PARAMETERS = 'showpad-webhooks:parameters';

// Nest's mark of gateways and resolvers: without it, request-scoped guards of the whole app would be skipped.
const ENTRY_PROVIDER = '__entryProvider__';

/**
 * Handles events of a type, of several, or with `'*'` of any. May stand on a method more than once, and on
 * methods of any provider or controller.
 *
 * The method gets `(event, context)`, may be async, and fails the delivery with what it throws: Showpad then
 * tries again. Guards, pipes, interceptors and exception filters of the method and its class apply, with the
 * context type `'showpad'`.
 *
 * @throws TypeError for no type at all, and on a static method.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { type EventOf, OnShowpadEvent, type ShowpadEventMap } from '@showpad-webhooks/nestjs';
 *
 * @Injectable()
 * export class CrmHandlers {
 *   @OnShowpadEvent('shared-space-user-added')
 *   async addContact(event: EventOf<ShowpadEventMap, 'shared-space-user-added'>) {
 *     console.log(`${event.data.invitee.email} joined ${event.data.sharedSpace.name}`);
 *   }
 * }
 * ```
 */
export function OnShowpadEvent(
  type: '*',
  options?: OnShowpadEventOptions,
): ShowpadEventDecorator<ShowpadEvent>;
export function OnShowpadEvent<Type extends keyof ShowpadEventMap & string>(
  type: Type | readonly Type[],
  options?: OnShowpadEventOptions,
): ShowpadEventDecorator<EventOf<ShowpadEventMap, Type>>;
export function OnShowpadEvent(
  type: string | readonly string[],
  options: OnShowpadEventOptions = {},
): ShowpadEventDecorator<never> {
  return (target, methodName, descriptor) => {
    if (type.length === 0) throw new TypeError(`@OnShowpadEvent() on ${methodName} names no type.`);
    if (typeof target === 'function') {
      throw new TypeError(
        `@OnShowpadEvent() is on ${methodName}, which is static: it needs a provider's method.`,
      );
    }
    const method = descriptor.value as object;
    const handler: HandlerMetadata = { ...options, types: type === '*' ? type : [type].flat() };
    Reflect.defineMetadata(HANDLERS, [...handlersOf(method), handler], method);
    Reflect.defineMetadata(HANDLERS, true, target, methodName);
    Reflect.defineMetadata(ENTRY_PROVIDER, true, target.constructor);
    Reflect.defineMetadata(
      PARAMETERS,
      { '0:0': { index: 0, data: 'event', pipes: [] }, '1:1': { index: 1, data: 'context', pipes: [] } },
      target.constructor,
      methodName,
    );
  };
}

/** What the decorator noted on a method. */
export function handlersOf(method: object): readonly HandlerMetadata[] {
  return Reflect.getMetadata(HANDLERS, method) ?? [];
}

/**
 * What the decorator noted is out of reach where another decorator, or a subclass, put a method in the place of
 * the one it stood on: events would be ignored in silence.
 *
 * @throws Error naming the method.
 */
export function checkReplaced(prototype: Record<string, object>, methodName: string): void {
  const method = prototype[methodName] as object;
  if (!Reflect.hasMetadata(HANDLERS, prototype, methodName) || handlersOf(method).length > 0) return;
  throw new Error(
    `${prototype.constructor.name}.${methodName} took the place of a method with @OnShowpadEvent, and has none ` +
      'itself. Put @OnShowpadEvent on it, above any decorator that replaces the method.',
  );
}
