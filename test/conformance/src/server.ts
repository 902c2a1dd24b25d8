import type { EventMap, EventSchemas, Receiver, ReceiverOptions } from '@showpad-webhooks/core';

/** Any type may come, and a test handles what it likes. */
export type AnyEvents = { [type: string]: unknown };

export interface ServerSetup {
  /** For the receiver under test; the suite adds handlers to it before the first delivery. */
  readonly options: ReceiverOptions<EventMap, EventSchemas>;
  /** Where the adapter receives. */
  readonly path: string;
  /** Where the app's own JSON body parser stands, relative to the adapter. */
  readonly parser: 'none' | 'before' | 'after';
}

/**
 * An app with the adapter under test. Beside it the app answers GET /hello with `hello` and, unless it has no
 * parser, POST /echo with the JSON it was sent.
 */
export interface TestServer {
  /** Such as `http://127.0.0.1:1234`. */
  readonly url: string;
  readonly receiver: Receiver<AnyEvents>;
  close(): Promise<void>;
}

export type CreateServer = (setup: ServerSetup) => Promise<TestServer>;
