import { randomUUID } from 'node:crypto';
import type {
  DynamicModule,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleInit,
  Provider,
} from '@nestjs/common';
import {
  DiscoveryModule,
  DiscoveryService,
  ExternalContextCreator,
  HttpAdapterHost,
  MetadataScanner,
} from '@nestjs/core';
import {
  createReceiver,
  type EventMap,
  type EventSchemas,
  type Receiver,
  type ShowpadEventMap,
} from '@showpad-webhooks/core';
import { checkPath, matchesPath } from '@showpad-webhooks/core/node';
import { mountReceiver } from './delivery.mount.ts';
import { type NestServices, registerHandlers } from './handler.explorer.ts';
import { getShowpadReceiverToken } from './showpad-receiver.token.ts';
import type {
  ShowpadWebhooksAsyncOptions,
  ShowpadWebhooksOptions,
  ShowpadWebhooksOptionsFactory,
  ShowpadWebhooksRegistration,
} from './showpad-webhooks.options.ts';

/**
 * Receives Showpad webhooks in a Nest app, on Express or Fastify. Import it once per receiver; handlers are
 * methods with `@OnShowpadEvent`, in any module.
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
  /** @throws TypeError at boot, for an option that is missing, unknown or out of range. */
  // biome-ignore lint/complexity/noBannedTypes: {} is "no schemas", as in createReceiver.
  static forRoot<Events extends EventMap = ShowpadEventMap, Schemas extends EventSchemas = {}>(
    options: ShowpadWebhooksOptions<Events, Schemas> & ShowpadWebhooksRegistration,
  ): DynamicModule {
    const { name, isGlobal, ...rest } = options;
    return describe({ name, isGlobal, useFactory: () => rest as unknown as ShowpadWebhooksOptions });
  }

  /** With options from the app's own providers. The receiver's name is known before them. */
  static forRootAsync(options: ShowpadWebhooksAsyncOptions): DynamicModule {
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
  // Nest 10 takes two dynamic modules for one where their metadata reads alike, functions by their source.
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
        useFactory: ({ path: _, ...receiverOptions }: ShowpadWebhooksOptions) =>
          createReceiver({ ...receiverOptions, name }),
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
          receiver: Receiver,
          { path, inbox }: ShowpadWebhooksOptions,
          host: HttpAdapterHost,
          discovery: DiscoveryService,
          scanner: MetadataScanner,
          contextCreator: ExternalContextCreator,
        ) =>
          new ShowpadEndpoint(receiver, path, inbox !== undefined, host, {
            discovery,
            scanner,
            contextCreator,
          }),
      },
    ],
    exports: [receiverToken],
  };
}

type Undefinable<T> = { [Key in keyof T]: T[Key] | undefined };

function optionsProviders(
  provide: string,
  { useFactory, inject = [], useClass, useExisting }: Undefinable<ShowpadWebhooksAsyncOptions>,
): Provider[] {
  if (useFactory) return [{ provide, useFactory, inject: [...inject] }];
  const factory = useClass ?? useExisting;
  if (!factory) {
    throw new TypeError(
      'ShowpadWebhooksModule.forRootAsync() needs one of useFactory, useClass and useExisting.',
    );
  }
  return [
    ...(useClass ? [useClass] : []),
    {
      provide,
      inject: [factory],
      useFactory: (made: ShowpadWebhooksOptionsFactory) => made.createShowpadWebhooksOptions(),
    },
  ];
}

/** A receiver in the life of the app: its path, its handlers, its end. */
class ShowpadEndpoint implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  readonly receiver: Receiver;
  readonly path: string;
  readonly #hasInbox: boolean;
  readonly #services: NestServices;

  constructor(
    receiver: Receiver,
    path: string,
    hasInbox: boolean,
    host: HttpAdapterHost,
    services: NestServices,
  ) {
    if (path === undefined)
      throw new TypeError('ShowpadWebhooksModule needs a path, such as "/webhooks/showpad".');
    checkPath(path);
    this.receiver = receiver;
    this.path = path;
    this.#hasInbox = hasInbox;
    this.#services = services;
    mountReceiver(host, path, receiver);
  }

  /** Every provider is made by now, and no delivery has come. */
  onModuleInit(): void {
    const endpoints = this.#services.discovery
      .getProviders()
      .map(({ instance }) => instance)
      .filter((instance) => instance instanceof ShowpadEndpoint);
    for (const other of endpoints) {
      if (other === this) continue;
      if (other.receiver.name === this.receiver.name) {
        throw new Error(`two Showpad receivers are named "${this.receiver.name}": give one { name: '…' }.`);
      }
      if (matchesPath(other.path, this.path)) {
        throw new Error(
          `the Showpad receivers "${this.receiver.name}" and "${other.receiver.name}" share ${this.path}.`,
        );
      }
    }
    registerHandlers(
      this.receiver,
      endpoints.map(({ receiver }) => receiver.name),
      this.#services,
    );
  }

  /** Handles what the inbox holds, before the app listens. An inbox that can't be reached ends the boot. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.#hasInbox) await this.receiver.start();
  }

  /** Waits for the deliveries that run, and for the handlers that the inbox runs. */
  async onApplicationShutdown(): Promise<void> {
    await this.receiver.close();
  }
}
