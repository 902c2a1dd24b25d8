import {
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { AnyReceiver } from '@showpad-webhooks/core';
import { checkPath, matchesPath } from '@showpad-webhooks/core/node';
import { logRoutes, warnOfNoHandlers, warnOfUnprovided } from './boot.report.ts';
import { mountReceiver } from './delivery.mount.ts';
import { type NestServices, registerHandlers } from './handler.explorer.ts';
import { hasRegistrations } from './registrations.ts';
import type { ShowpadWebhooksFactoryOptions } from './showpad-webhooks.options.ts';

export interface EndpointOptions {
  readonly receiver: AnyReceiver;
  readonly options: ShowpadWebhooksFactoryOptions;
  readonly host: HttpAdapterHost;
  readonly services: NestServices;
}

/** What an endpoint keeps of its options. The keys are not among it, so that no dump of the app shows them. */
interface EndpointSettings {
  readonly hasInbox: boolean;
  readonly globalEnhancers: boolean;
  readonly methods: readonly string[];
  readonly typesOfOptions: readonly string[];
}

/** A receiver in the life of the app: its path, its handlers, its start and its end. */
export class ShowpadEndpoint implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  readonly receiver: AnyReceiver;
  readonly path: string;
  readonly #settings: EndpointSettings;
  readonly #services: NestServices;
  readonly #logger = new Logger('ShowpadWebhooksModule');
  #hasHandlers = false;

  /** @throws TypeError for a path that could never match. */
  constructor({ receiver, options, host, services }: EndpointOptions) {
    const { path, inbox, globalEnhancers = false, methods = ['POST'], on = {} } = options;
    checkPath(path);
    this.receiver = receiver;
    this.path = path;
    this.#settings = {
      hasInbox: inbox !== undefined,
      globalEnhancers,
      methods,
      typesOfOptions: Object.keys(on),
    };
    this.#services = services;
    mountReceiver(host, path, receiver);
  }

  /** By now every provider exists, and no delivery has arrived. */
  onModuleInit(): void {
    const endpoints = this.#services.discovery
      .getProviders()
      .map(({ instance }) => instance)
      .filter((instance) => instance instanceof ShowpadEndpoint);
    for (const other of endpoints) if (other !== this) this.#checkConflict(other);
    const { receiver, path } = this;
    const { globalEnhancers, methods, typesOfOptions } = this.#settings;
    const explored = registerHandlers({
      receiver,
      configuredNames: endpoints.map((endpoint) => endpoint.receiver.name),
      services: this.#services,
      globalEnhancers,
      onWarning: (message) => this.#logger.warn(message),
    });
    logRoutes(this.#logger, { ...explored, receiver, path, methods, typesOfOptions });
    warnOfUnprovided(this.#logger, { ...explored, receiver });
    this.#hasHandlers = explored.handlers.length > 0 || typesOfOptions.length > 0;
  }

  #checkConflict(other: ShowpadEndpoint): void {
    const { name } = this.receiver;
    if (other.receiver.name === name) {
      throw new Error(
        `Two Showpad receivers are named "${name}". Give one of them another name: forRoot({ name: '…', … }).`,
      );
    }
    if (matchesPath(other.path, this.path)) {
      throw new Error(
        `The Showpad receivers "${name}" and "${other.receiver.name}" have the same path, ${this.path}. Give each its own.`,
      );
    }
  }

  /** Starts to handle what the inbox stores, before the app listens. If the inbox cannot be reached, the boot fails. */
  async onApplicationBootstrap(): Promise<void> {
    const { hasInbox } = this.#settings;
    // Only now have all providers had the chance to register handlers by themselves.
    if (!this.#hasHandlers && !hasRegistrations(this.receiver)) {
      warnOfNoHandlers(this.#logger, this.receiver, hasInbox);
    }
    if (hasInbox) await this.receiver.start();
  }

  /** Waits for deliveries that are being handled, and for handlers that the inbox runs. */
  async onApplicationShutdown(): Promise<void> {
    await this.receiver.close();
  }
}
