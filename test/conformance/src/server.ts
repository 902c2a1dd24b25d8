import type {
  AnyReceiver,
  CommonReceiverOptions,
  EventMap,
  EventSchemas,
  LedgerReceiverOptions,
} from '@showpad-webhooks/core';

export interface ServerSetup {
  /** For the receiver under test. The suite adds handlers to it before the first delivery. */
  readonly options: CommonReceiverOptions<EventMap, EventSchemas> & LedgerReceiverOptions;
  /** The path that the adapter is told to receive at. */
  readonly path: string;
  /** Where the app's own JSON body parser is, relative to the adapter. */
  readonly parser: 'none' | 'before' | 'after';
  /** Where the app mounts the adapter, as in `app.use(mountPath, …)`. It is set only for suites with `isMountable`. */
  readonly mountPath?: string;
}

/**
 * An app with the adapter under test. The app also answers GET /hello with `hello` and, unless it has no parser, POST /echo
 * with the JSON that it was sent.
 */
export interface TestServer {
  /** Such as `http://127.0.0.1:1234`. */
  readonly url: string;
  readonly receiver: AnyReceiver;
  close(): Promise<void>;
}

export type CreateServer = (setup: ServerSetup) => Promise<TestServer>;
