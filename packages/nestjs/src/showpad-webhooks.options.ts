import type {
  InjectionToken,
  LoggerService,
  ModuleMetadata,
  OptionalFactoryDependency,
  Type,
} from '@nestjs/common';
import type {
  EventMap,
  EventSchemas,
  Logger,
  ReceiverOptions,
  ShowpadEventMap,
} from '@showpad-webhooks/core';
import { RECEIVER_OPTIONS } from '@showpad-webhooks/core/node';

/** The options of one receiver: those of core's `createReceiver`, and its place in the app. */
export type ShowpadWebhooksOptions<
  Events extends EventMap = ShowpadEventMap,
  Schemas = EventSchemas,
> = DistributiveOmit<ReceiverOptions<Events, Schemas>, 'logger'> & {
  /**
   * The one path to answer, as in the URL that you gave to Showpad. A global prefix, a version and the paths of controllers are
   * not added to it.
   */
  readonly path: string;
  /**
   * True: the guards, interceptors, pipes and filters of the whole app (`APP_GUARD`, `app.useGlobalGuards()` and their siblings)
   * run for handlers too. Default false, because most of them read an HTTP request, and a delivery has none.
   */
  readonly globalEnhancers?: boolean;
  /**
   * Gets one line per delivery, without payloads and secrets: `new Logger('Showpad')` of Nest, a pino logger, or `console`.
   * Default: silent.
   */
  readonly logger?: Logger | LoggerService;
  /** True: every module can inject the receiver without importing this one. Default false. */
  readonly isGlobal?: boolean;
};

/** What a factory makes. Nest needs the name and `isGlobal` before it runs the factory, so they are next to it. */
export type ShowpadWebhooksFactoryOptions = DistributiveOmit<ShowpadWebhooksOptions, 'name' | 'isGlobal'>;

const { name: _, ...others } = RECEIVER_OPTIONS;

/** The name of every option that a factory can make. */
export const FACTORY_OPTIONS: Readonly<Record<keyof ShowpadWebhooksFactoryOptions, true>> = {
  ...others,
  path: true,
  globalEnhancers: true,
};

/** Omits keys from each type of a union. */
type DistributiveOmit<Union, Keys extends PropertyKey> = Union extends unknown ? Omit<Union, Keys> : never;

/** A class of this kind is for `useClass` and `useExisting`. */
export interface ShowpadWebhooksOptionsFactory {
  createShowpadWebhooksOptions(): ShowpadWebhooksFactoryOptions | Promise<ShowpadWebhooksFactoryOptions>;
}

/** Options that providers of the app make, for example from its configuration. */
export interface ShowpadWebhooksAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** The name of the receiver, and of its inbox if it has one. Default `default`. */
  readonly name?: string;
  /** True: every module can inject the receiver without importing this one. Default false. */
  readonly isGlobal?: boolean;
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[];
  readonly useFactory?: (
    // biome-ignore lint/suspicious/noExplicitAny: Nest passes what `inject` names, and nothing ties the two types.
    ...dependencies: any[]
  ) => ShowpadWebhooksFactoryOptions | Promise<ShowpadWebhooksFactoryOptions>;
  readonly useClass?: Type<ShowpadWebhooksOptionsFactory>;
  readonly useExisting?: InjectionToken<ShowpadWebhooksOptionsFactory>;
}

/** The name of every option of `forRootAsync`. */
export const ASYNC_OPTIONS: Readonly<Record<keyof ShowpadWebhooksAsyncOptions, true>> = {
  name: true,
  isGlobal: true,
  imports: true,
  inject: true,
  useFactory: true,
  useClass: true,
  useExisting: true,
};
