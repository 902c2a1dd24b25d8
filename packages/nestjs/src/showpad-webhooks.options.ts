import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency, Type } from '@nestjs/common';
import type { EventMap, EventSchemas, ReceiverOptions, ShowpadEventMap } from '@showpad-webhooks/core';

/** One receiver: the options of core's `createReceiver`, and where it receives. */
export interface ShowpadWebhooksOptions<
  Events extends EventMap = ShowpadEventMap,
  Schemas extends EventSchemas = EventSchemas,
> extends Omit<ReceiverOptions<Events, Schemas>, 'name'> {
  /**
   * The one path to answer, as it stands in the URL given to Showpad: a global prefix, a version and
   * controllers' paths have no part in it.
   */
  readonly path: string;
}

/** Where a receiver stands in the app. */
export interface ShowpadWebhooksRegistration {
  /** Tells this receiver from others of the app. Default `default`. */
  readonly name?: string;
  /** Whether every module may inject the receiver without importing this one. Default false. */
  readonly isGlobal?: boolean;
}

/** For `useClass` and `useExisting`. */
export interface ShowpadWebhooksOptionsFactory {
  createShowpadWebhooksOptions(): ShowpadWebhooksOptions | Promise<ShowpadWebhooksOptions>;
}

/** Options that are made by the app's own providers: its configuration, its database. */
export interface ShowpadWebhooksAsyncOptions
  extends ShowpadWebhooksRegistration,
    Pick<ModuleMetadata, 'imports'> {
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[];
  // biome-ignore lint/suspicious/noExplicitAny: Nest passes what `inject` names, and nothing ties the two types.
  readonly useFactory?: (...dependencies: any[]) => ShowpadWebhooksOptions | Promise<ShowpadWebhooksOptions>;
  readonly useClass?: Type<ShowpadWebhooksOptionsFactory>;
  readonly useExisting?: InjectionToken<ShowpadWebhooksOptionsFactory>;
}
