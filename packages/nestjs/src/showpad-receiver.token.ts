import { Inject } from '@nestjs/common';

/** The injection token of a receiver. Readable, since Nest quotes it where it can't resolve a dependency. */
export function getShowpadReceiverToken(name = 'default'): string {
  return `ShowpadReceiver:${name}`;
}

/**
 * Injects a receiver, for its listeners or to deliver to it in a test.
 *
 * @param name as in `forRoot`. Default `default`.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { InjectShowpadReceiver, type Receiver } from '@showpad-webhooks/nestjs';
 *
 * @Injectable()
 * export class Alerts {
 *   constructor(@InjectShowpadReceiver() receiver: Receiver) {
 *     receiver.onError((error) => console.error(error.code, error.hint, error.cause));
 *   }
 * }
 * ```
 */
export function InjectShowpadReceiver(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getShowpadReceiverToken(name));
}
