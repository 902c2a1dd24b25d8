import type { ErrorCode, HandlerContext, ShowpadEvent } from '@showpad-webhooks/core';
import type { Thrown } from './thrown.ts';

/** The path at which a runtime takes messages of the test. No attack of the suites asks for it. */
export const CONTROL_PATH = '/.control/';

/** How the test wants the app in the runtime to be. What is a function in the test is called over HTTP. */
export interface Setup {
  readonly path: string;
  readonly parser: 'none' | 'before' | 'after';
  /** The options that are plain data. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The options that are functions, or objects of functions. */
  readonly remote: readonly RemoteOption[];
  readonly hooks: readonly Hook[];
}

export type RemoteOption = 'keys' | 'clock' | 'ledger' | 'telemetry';
export const HANDLER_HOOKS = ['on', 'onAny', 'onUnknown'] as const;
export const LISTENER_HOOKS = ['onError', 'onRejected', 'onDeadLetter'] as const;

/** A handler or a listener that the test has added to the receiver. Its place in the list is its number. */
export interface Hook {
  readonly kind: (typeof HANDLER_HOOKS)[number] | (typeof LISTENER_HOOKS)[number];
  readonly types?: string | readonly string[];
}

/** What the runtime sends to the test. */
export interface Calls {
  setup: { readonly input: null; readonly output: Setup };
  /** A delivery begins. The test answers when everything that it has told the runtime before is done there. */
  begin: { readonly input: null; readonly output: { readonly nowMs?: number } };
  keys: { readonly input: unknown; readonly output: unknown };
  ledger: {
    readonly input: { readonly method: string; readonly args: readonly unknown[] };
    readonly output: unknown;
  };
  handler: { readonly input: HandlerCall; readonly output: null };
  /** The receiver has done what it does after a handler. */
  settled: { readonly input: null; readonly output: null };
  listener: { readonly input: ListenerCall; readonly output: null };
  /** What a probe of the test watches: a body is being read, so many bytes of it are held, the delivery is over. */
  watch: { readonly input: Watched; readonly output: null };
  clearTimer: { readonly input: number; readonly output: null };
}

export type Reply<Output> = { readonly value: Output } | { readonly thrown: Thrown };

export interface HandlerCall {
  readonly hook: number;
  /** It is left out if no JSON can hold it, because it is nested too deeply. Then it is what the raw body says. */
  readonly event: Omit<ShowpadEvent, 'date'> | undefined;
  /** The event's `date`, as text. */
  readonly date: string | undefined;
  readonly context: Pick<
    HandlerContext,
    'receiverName' | 'headers' | 'url' | 'timestampSeconds' | 'attempt'
  > & {
    /** In base64. */
    readonly rawBody: string;
  };
}

export interface ListenerCall {
  readonly hook: number;
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint: string };
  /** Of a dead letter. */
  readonly reason?: string;
  /** Of a dead letter, in base64. */
  readonly rawBody?: string;
}

export interface Watched {
  readonly delivery: number;
  readonly what: 'reading' | 'held' | 'over';
  readonly bytes?: number;
}
