import type {
  EventMap,
  EventOf,
  HandlerContext,
  ShowpadEvent,
  ShowpadEventMap,
} from '@showpad-webhooks/core';
import { checkKnown } from '@showpad-webhooks/core/shared';
import { noteHandler, type OnShowpadEventOptions } from './handler.metadata.ts';

/** Decorates a method that takes the event. On a method that takes another event, it does not compile. */
export type ShowpadEventDecorator<Event> = <Method extends AnyMethod>(
  target: object,
  methodName: string,
  descriptor: TypedPropertyDescriptor<Method> & TakesEvent<Method, Event>,
) => void;

// biome-ignore lint/suspicious/noExplicitAny: `TakesEvent` checks the parameters, because TypeScript checks them only if `strict` is on.
type AnyMethod = (event: any, context: any) => unknown;

/** Any descriptor fits if the method takes the event, and no descriptor fits otherwise. */
type TakesEvent<Method, Event> = Method extends (event: infer Taken, context: infer Context) => unknown
  ? [Event, HandlerContext] extends [Taken, Context]
    ? unknown
    : { readonly 'The method takes another event than @OnShowpadEvent names': Event }
  : never;

/** `@OnShowpadEvent`, for the events of a map. */
export interface OnShowpadEventOf<Events extends EventMap> {
  (type: '*', options?: OnShowpadEventOptions): ShowpadEventDecorator<ShowpadEvent<Events>>;
  <Type extends keyof Events & string>(
    type: Type | readonly Type[],
    options?: OnShowpadEventOptions,
  ): ShowpadEventDecorator<EventOf<Events, Type>>;
}

/**
 * Handles events of one type, of several, or of any type (`'*'`). Put it on methods of any provider or controller, more than
 * once if you need to. It types the event by `ShowpadEventMap`, which you extend by declaration merging. For a map of your own,
 * use `createOnShowpadEvent`.
 *
 * The method gets `(event, context)` and may be async. If it throws, the delivery fails, and Showpad retries. Guards, pipes,
 * interceptors and exception filters of the method and its class run, with the context type `'showpad'`.
 *
 * @throws TypeError without a type, for an unknown option, and on a static method.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { type EventOf, OnShowpadEvent, type ShowpadEventMap } from '@showpad-webhooks/nestjs';
 *
 * @Injectable()
 * export class CrmHandlers {
 *   @OnShowpadEvent('shared-space-user-added')
 *   addContact(event: EventOf<ShowpadEventMap, 'shared-space-user-added'>) {
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
  checkKnown(options, { receiver: true, name: true });
  return (target, methodName, descriptor) => {
    if (type.length === 0) {
      throw new TypeError(
        `@OnShowpadEvent() on ${methodName} names no event type. Pass a type, a list of types, or '*'.`,
      );
    }
    if (typeof target === 'function') {
      throw new TypeError(
        `@OnShowpadEvent() is on the static method ${methodName}. Put it on a method of a provider's instance.`,
      );
    }
    const types = type === '*' ? type : [type].flat();
    noteHandler(target, methodName, descriptor.value as object, { ...options, types });
  };
}

/**
 * Returns `@OnShowpadEvent` for a map of your own: for those who do not want to extend `ShowpadEventMap` by declaration merging.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { createOnShowpadEvent, type EventOf, type ShowpadEventMap } from '@showpad-webhooks/nestjs';
 *
 * interface OurEvents extends ShowpadEventMap {
 *   'asset-viewed': { assetId: string };
 * }
 *
 * const OnOurEvent = createOnShowpadEvent<OurEvents>();
 *
 * @Injectable()
 * export class AssetHandlers {
 *   @OnOurEvent('asset-viewed')
 *   count(event: EventOf<OurEvents, 'asset-viewed'>) {
 *     console.log(event.data.assetId);
 *   }
 * }
 * ```
 */
export function createOnShowpadEvent<Events extends EventMap>(): OnShowpadEventOf<Events> {
  return OnShowpadEvent as OnShowpadEventOf<EventMap> as OnShowpadEventOf<Events>;
}
