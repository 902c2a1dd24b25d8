import type { Type } from '@nestjs/common';
import { noteDecorated } from './decorated.classes.ts';

export interface OnShowpadEventOptions {
  /** The name of the receiver, if the app has several. Default `default`. */
  readonly receiver?: string;
  /** The name by which a ledger or an inbox remembers that this handler is done. Default `Class.method`. */
  readonly name?: string;
}

/** One use of the decorator. */
export interface HandlerMetadata extends OnShowpadEventOptions {
  readonly types: readonly string[] | '*';
}

// The symbol is registered because the ESM and the CJS build may meet in one app.
const HANDLERS = Symbol.for('@showpad-webhooks/nestjs/handlers');

/** Nest looks here for the parameters of a method, so that pipes apply to them. Nest requires a string. */
export const PARAMETERS = 'showpad-webhooks:parameters';

/** Notes on a method, and on its class, what the decorator says. */
export function noteHandler(
  target: object,
  methodName: string,
  method: object,
  handler: HandlerMetadata,
): void {
  Reflect.defineMetadata(HANDLERS, [...handlersOf(method), handler], method);
  Reflect.defineMetadata(HANDLERS, true, target, methodName);
  Reflect.defineMetadata(
    PARAMETERS,
    { '0:0': { index: 0, data: 'event', pipes: [] }, '1:1': { index: 1, data: 'context', pipes: [] } },
    target.constructor,
    methodName,
  );
  noteDecorated(target.constructor as Type<object>);
}

/** Reads what the decorator noted on a method. */
export function handlersOf(method: object): readonly HandlerMetadata[] {
  return Reflect.getMetadata(HANDLERS, method) ?? [];
}

/** Makes a method that Nest takes for the decorated one, with its handlers, guards and pipes, but that calls another. */
export function copyMetadata(from: object, to: object): void {
  for (const key of Reflect.getMetadataKeys(from))
    Reflect.defineMetadata(key, Reflect.getMetadata(key, from), to);
}

/**
 * If another decorator or a subclass replaces a decorated method, what the decorator noted is lost, and events would be
 * ignored silently.
 *
 * @throws Error that names the method.
 */
export function checkReplaced(prototype: Record<string, object>, methodName: string): void {
  const method = prototype[methodName] as object;
  if (!Reflect.hasMetadata(HANDLERS, prototype, methodName) || handlersOf(method).length > 0) return;
  throw new Error(
    `${prototype.constructor.name}.${methodName} replaces a method that has @OnShowpadEvent, and does not have it itself. ` +
      'Put @OnShowpadEvent on it, above any decorator that replaces the method.',
  );
}
