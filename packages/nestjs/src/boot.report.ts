import type { LoggerService, Type } from '@nestjs/common';
import type { AnyReceiver } from '@showpad-webhooks/core';
import { findUnprovided } from './decorated.classes.ts';
import { type Explored, receiverOf } from './handler.explorer.ts';
import type { FoundHandler } from './handler.finder.ts';
import { handlersOf } from './handler.metadata.ts';
import { methodNameOf, nameOf } from './handler.names.ts';

export interface BootReport extends Explored {
  readonly receiver: AnyReceiver;
  readonly path: string;
  readonly methods: readonly string[];
  /** The types in the option `on`. */
  readonly typesOfOptions: readonly string[];
}

/** Logs what a receiver serves, in the words of Nest's own "Mapped {/path, POST} route". */
export function logRoutes(
  logger: Pick<LoggerService, 'log'>,
  { receiver, path, methods, handlers, typesOfOptions }: BootReport,
): void {
  logger.log(`Mapped {${path}, ${methods.join(' and ')}} to the Showpad receiver "${receiver.name}"`);
  for (const handler of handlers) logger.log(`${describe(handler)} handles ${typesOf(handler)}`);
  for (const type of typesOfOptions) logger.log(`The option "on" handles "${type}"`);
}

/** Warns of each decorated class that no module provides, because its handlers do not run. */
export function warnOfUnprovided(
  logger: Pick<LoggerService, 'warn'>,
  { receiver, found }: Pick<BootReport, 'receiver' | 'found'>,
): void {
  for (const decorated of findUnprovided(found.map(({ provider }) => provider))) {
    if (!hasHandlersOf(decorated, receiver.name)) continue;
    logger.warn(
      `${decorated.name} has methods with @OnShowpadEvent, but no module provides it, so they handle no events. Add it to a ` +
        `module that the app imports: providers: [${decorated.name}].`,
    );
  }
}

export function warnOfNoHandlers(
  logger: Pick<LoggerService, 'log' | 'warn'>,
  receiver: AnyReceiver,
  hasInbox: boolean,
): void {
  if (hasInbox) {
    logger.log(
      `The Showpad receiver "${receiver.name}" has no handlers, so this app only stores its events, for another one to handle`,
    );
    return;
  }
  logger.warn(
    `The Showpad receiver "${receiver.name}" has no handlers, so it answers every event with 200 and does nothing. Put ` +
      `@OnShowpadEvent(type${receiver.name === 'default' ? '' : `, { receiver: '${receiver.name}' }`}) on a method, and add its ` +
      'class to the providers of a module.',
  );
}

function describe(handler: FoundHandler): string {
  const methodName = methodNameOf(handler);
  return nameOf(handler) === methodName ? methodName : `${methodName} (named "${nameOf(handler)}")`;
}

function typesOf({ metadata: { types } }: FoundHandler): string {
  return types === '*' ? 'every event' : types.map((type) => `"${type}"`).join(', ');
}

function hasHandlersOf({ prototype }: Type<object>, receiverName: string): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(prototype))
    .filter(({ value }) => typeof value === 'function')
    .flatMap(({ value }) => handlersOf(value))
    .some((metadata) => receiverOf({ metadata }) === receiverName);
}
