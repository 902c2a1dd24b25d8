import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { AnyReceiver, Handler } from '@showpad-webhooks/core';
import { type CallOptions, createHandler } from './handler.call.ts';
import { checkEnhancers } from './handler.enhancers.ts';
import { type FoundHandler, findHandlers } from './handler.finder.ts';
import { checkNames, methodNameOf } from './handler.names.ts';

export interface NestServices extends Omit<CallOptions, 'globalEnhancers'> {
  readonly discovery: DiscoveryService;
  readonly scanner: MetadataScanner;
}

export interface ExplorerOptions {
  readonly receiver: AnyReceiver;
  /** The names of all receivers of the app. */
  readonly configuredNames: readonly string[];
  readonly services: NestServices;
  readonly globalEnhancers: boolean;
  /** Hears of something that works, but probably not as intended. */
  readonly onWarning: (message: string) => void;
}

/** Handlers as they were registered, and what else was found. */
export interface Explored {
  /** The handlers of the receiver. */
  readonly handlers: readonly FoundHandler[];
  /** The decorated methods of all receivers. */
  readonly found: readonly FoundHandler[];
}

/**
 * Registers the handlers that were decorated for a receiver.
 *
 * @throws Error for a handler of a receiver that no module configures, for two handlers of one name, for a class that is
 * provided twice, for a decorated method that was replaced, and for an enhancer that would not run.
 */
export function registerHandlers(options: ExplorerOptions): Explored {
  const { receiver, configuredNames, services, globalEnhancers, onWarning } = options;
  const found = findHandlers(services.discovery, services.scanner);
  for (const each of found) checkConfigured(each, configuredNames);
  const handlers = found.filter((each) => receiverOf(each) === receiver.name && hasMethod(each, onWarning));
  checkNames(handlers, onWarning);
  for (const each of handlers) {
    const { method, provider, wrapper, metadata } = each;
    checkEnhancers(
      methodNameOf(each),
      [provider, method],
      (enhancer) => wrapper.host?.injectables.has(enhancer) ?? false,
    );
    const handler = createHandler(each, { ...services, globalEnhancers });
    // The receiver warns of a function name that a minifier seems to have made. It takes a given one as it is.
    Object.defineProperty(handler, 'name', { value: methodNameOf(each) });
    const { name, types } = metadata;
    const handlerOptions = name === undefined ? {} : { name };
    if (types === '*') receiver.onAny(handler as Handler<unknown>, handlerOptions);
    else receiver.on(types, handler as Handler<unknown>, handlerOptions);
  }
  return { handlers, found };
}

export function receiverOf({ metadata }: Pick<FoundHandler, 'metadata'>): string {
  return metadata.receiver ?? 'default';
}

function checkConfigured(found: FoundHandler, configuredNames: readonly string[]): void {
  const receiverName = receiverOf(found);
  if (configuredNames.includes(receiverName)) return;
  throw new Error(
    `${methodNameOf(found)} handles events of the Showpad receiver "${receiverName}", but no module configures it. The configured ` +
      `receivers are: ${configuredNames.map((each) => `"${each}"`).join(', ')}. Import ` +
      `ShowpadWebhooksModule.forRoot({ name: '${receiverName}', … }), or name another receiver in @OnShowpadEvent.`,
  );
}

/** A mock may leave methods out. */
function hasMethod(
  { wrapper, provider, methodName, isStandIn }: FoundHandler,
  warn: (message: string) => void,
): boolean {
  if (!isStandIn || !wrapper.instance || typeof wrapper.instance[methodName] === 'function') return true;
  warn(
    `The object that is provided as ${provider.name} has no method ${methodName}, so ${provider.name}.${methodName} handles no ` +
      `events. Give it a method ${methodName} if it should.`,
  );
  return false;
}
