import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { AnyReceiver } from '@showpad-webhooks/core';
import { checkPath, matchesPath } from '@showpad-webhooks/core/node';
import { mountReceiver } from './delivery.mount.ts';
import { type NestServices, registerHandlers } from './handler.explorer.ts';

export interface EndpointOptions {
  readonly receiver: AnyReceiver;
  readonly path: string;
  readonly hasInbox: boolean;
  readonly host: HttpAdapterHost;
  readonly services: NestServices;
}

/** A receiver in the life of the app: its path, its handlers, its start and its end. */
export class ShowpadEndpoint implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  readonly receiver: AnyReceiver;
  readonly path: string;
  readonly #hasInbox: boolean;
  readonly #services: NestServices;

  /** @throws TypeError for a path that could never match. */
  constructor({ receiver, path, hasInbox, host, services }: EndpointOptions) {
    checkPath(path);
    this.receiver = receiver;
    this.path = path;
    this.#hasInbox = hasInbox;
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
    const names = endpoints.map(({ receiver }) => receiver.name);
    registerHandlers(this.receiver, names, this.#services);
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
    if (this.#hasInbox) await this.receiver.start();
  }

  /** Waits for deliveries that are being handled, and for handlers that the inbox runs. */
  async onApplicationShutdown(): Promise<void> {
    await this.receiver.close();
  }
}
