import { Inject } from '@nestjs/common';

/** The injection token of a receiver. It is readable because Nest shows it if it cannot resolve a dependency. */
export function getShowpadReceiverToken(name = 'default'): string {
  return `ShowpadReceiver:${name}`;
}

/**
 * Injects a receiver, to add listeners to it, or to deliver to it in a test.
 *
 * @param name the name that you gave to `forRoot`. Default `default`.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { InjectShowpadReceiver, type Receiver } from '@showpad-webhooks/nestjs';
 *
 * @Injectable()
 * export class Alerts {
 *   constructor(@InjectShowpadReceiver() receiver: Receiver) {
 *     receiver.onError((error) => console.error(error.code, error.message, error.hint, error.cause));
 *   }
 * }
 * ```
 */
export function InjectShowpadReceiver(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getShowpadReceiverToken(name));
}
