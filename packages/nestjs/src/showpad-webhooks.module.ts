import { randomUUID } from 'node:crypto';
import type { DynamicModule, Provider } from '@nestjs/common';
import {
  DiscoveryModule,
  DiscoveryService,
  ExternalContextCreator,
  HttpAdapterHost,
  MetadataScanner,
} from '@nestjs/core';
import {
  type AnyReceiver,
  createReceiver,
  type EventMap,
  type SchemasOf,
  type ShowpadEventMap,
} from '@showpad-webhooks/core';
import { checkKnown } from '@showpad-webhooks/core/shared';
import { fromNestLogger } from './nest.logger.ts';
import { watchRegistrations } from './registrations.ts';
import { getShowpadReceiverToken } from './showpad-receiver.token.ts';
import { ShowpadEndpoint } from './showpad-webhooks.endpoint.ts';
import {
  ASYNC_OPTIONS,
  FACTORY_OPTIONS,
  type ShowpadWebhooksAsyncOptions,
  type ShowpadWebhooksFactoryOptions,
  type ShowpadWebhooksOptions,
  type ShowpadWebhooksOptionsFactory,
} from './showpad-webhooks.options.ts';

/**
 * Receives Showpad webhooks in a Nest app, on Express or Fastify. Import it once per receiver. Handlers are methods with
 * `@OnShowpadEvent`, in any module.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { ShowpadWebhooksModule } from '@showpad-webhooks/nestjs';
 *
 * @Module({
 *   imports: [ShowpadWebhooksModule.forRoot({ path: '/webhooks/showpad', keys: 'a-signature-key' })],
 * })
 * export class AppModule {}
 * ```
 */
// biome-ignore lint/complexity/noStaticOnlyClass: Nest knows a module by its class.
export class ShowpadWebhooksModule {
  /**
   * A receiver with an inbox has the name of its inbox.
   *
   * @throws TypeError at boot, for an option that is missing, unknown or out of range.
   */
  static forRoot<Events extends EventMap = ShowpadEventMap, Schemas extends object = SchemasOf<Events>>(
    options: ShowpadWebhooksOptions<Events, Schemas>,
  ): DynamicModule {
    const { name, isGlobal, ...rest } = options;
    const made = rest as unknown as ShowpadWebhooksFactoryOptions;
    const useFactory = () => {
      checkKnown(options, { name, isGlobal, ...FACTORY_OPTIONS });
      return made;
    };
    return describe({ name: name ?? made.inbox?.name, isGlobal, useFactory });
  }

  /**
   * Takes options from the app's own providers. `name` is needed before them, so it is not one of them.
   *
   * @throws TypeError for an option that is missing or unknown. At boot, for an option of the providers as `forRoot`.
   */
  static forRootAsync(options: ShowpadWebhooksAsyncOptions): DynamicModule {
    checkKnown(options, ASYNC_OPTIONS);
    return describe(options);
  }
}

function describe({
  name = 'default',
  isGlobal = false,
  imports = [],
  ...options
}: Undefinable<ShowpadWebhooksAsyncOptions>): DynamicModule {
  const receiverToken = getShowpadReceiverToken(name);
  // Nest 10 takes two dynamic modules for one if their metadata has the same text, including the source of functions.
  const optionsToken = `ShowpadWebhooksOptions:${name}:${randomUUID()}`;
  return {
    module: ShowpadWebhooksModule,
    global: isGlobal,
    imports: [DiscoveryModule, ...imports],
    providers: [
      ...optionsProviders(optionsToken, options),
      {
        provide: receiverToken,
        inject: [optionsToken],
        useFactory: (readOptions: OptionsReader) =>
          watchRegistrations(createNamedReceiver(name, readOptions())),
      },
      {
        provide: `ShowpadEndpoint:${name}`,
        inject: [
          receiverToken,
          optionsToken,
          HttpAdapterHost,
          DiscoveryService,
          MetadataScanner,
          ExternalContextCreator,
        ],
        useFactory: (
          receiver: AnyReceiver,
          readOptions: OptionsReader,
          host: HttpAdapterHost,
          discovery: DiscoveryService,
          scanner: MetadataScanner,
          contextCreator: ExternalContextCreator,
        ) => {
          const services = { discovery, scanner, contextCreator };
          return new ShowpadEndpoint({ receiver, options: readOptions(), host, services });
        },
      },
    ],
    exports: [receiverToken],
  };
}

type Undefinable<T> = { [Key in keyof T]: T[Key] | undefined };

/** The container keeps this instead of the options, so that no dump of the app shows the keys. */
type OptionsReader = () => ShowpadWebhooksFactoryOptions;

function optionsProviders(
  provide: string,
  { useFactory, inject = [], useClass, useExisting }: Undefinable<ShowpadWebhooksAsyncOptions>,
): Provider[] {
  if (useFactory) {
    // biome-ignore lint/suspicious/noExplicitAny: Nest passes what `inject` names.
    const read = async (...dependencies: any[]): Promise<OptionsReader> => {
      const made = await useFactory(...dependencies);
      return () => made;
    };
    return [{ provide, useFactory: read, inject: [...inject] }];
  }
  const factory = useClass ?? useExisting;
  if (!factory) {
    throw new TypeError('ShowpadWebhooksModule.forRootAsync() needs useFactory, useClass or useExisting.');
  }
  return [
    ...(useClass ? [useClass] : []),
    {
      provide,
      inject: [factory],
      useFactory: async (source: ShowpadWebhooksOptionsFactory): Promise<OptionsReader> => {
        const made = await source.createShowpadWebhooksOptions();
        return () => made;
      },
    },
  ];
}

/** @throws TypeError for an unknown option, or if the inbox has another name: the receiver's token has this one. */
function createNamedReceiver(name: string, made: ShowpadWebhooksFactoryOptions): AnyReceiver {
  checkKnown(made, FACTORY_OPTIONS);
  const { path: _, globalEnhancers: __, logger, ...others } = made;
  const options = logger === undefined ? others : { ...others, logger: fromNestLogger(logger) };
  const { inbox } = options;
  if (!inbox) return createReceiver({ ...options, name });
  if (inbox.name === name) return createReceiver(options);
  throw new TypeError(
    `The Showpad receiver is named "${name}" and its inbox "${inbox.name}", but they must have the same name. Either pass ` +
      `name: '${inbox.name}' to ShowpadWebhooksModule, or create the inbox with name: '${name}'.`,
  );
}
