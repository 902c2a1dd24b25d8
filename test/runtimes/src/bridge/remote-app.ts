import type { ServerSetup } from '@showpad-webhooks/conformance';
import {
  type AnyReceiver,
  type HandlerContext,
  type Ledger,
  parseEvent,
  ShowpadWebhookError,
} from '@showpad-webhooks/core';
import type { Calls, HandlerCall, Hook, ListenerCall, RemoteOption } from './messages.ts';
import { HANDLER_HOOKS, LISTENER_HOOKS } from './messages.ts';
import { createWatcher } from './probe.ts';

export type Answers = {
  readonly [Name in keyof Calls]: (
    input: Calls[Name]['input'],
  ) => Calls[Name]['output'] | Promise<Calls[Name]['output']>;
};

type Callback = (...args: readonly unknown[]) => unknown;

export interface RemoteApp {
  /** Adds handlers and listeners, and closes the receiver in the runtime. It can do nothing else. */
  readonly receiver: AnyReceiver;
  readonly answers: Answers;
}

/** The test's side of an app in a runtime: answers what the app asks, with the options and the handlers of the test. */
export function createRemoteApp(
  { options, path, parser }: ServerSetup,
  close: () => Promise<void>,
): RemoteApp {
  const { keys, clock, ledger, telemetry, ...rest } = options;
  const functions = { keys, clock, ledger, telemetry };
  const remote = (Object.keys(functions) as RemoteOption[]).filter((name) => isRemote(functions[name]));
  const data = { ...rest, ...(!remote.includes('keys') && { keys }), ...(ledger === false && { ledger }) };
  if (Object.values(rest).some(isRemote))
    throw new Error('An option is a function that no runtime can call.');

  const hooks: (Hook & { readonly call: Callback })[] = [];
  let isSetUp = false;
  const add = (hook: Hook, call: Callback) => {
    if (isSetUp)
      throw new Error(`${hook.kind} was called after the first delivery, when the runtime has its receiver.`);
    hooks.push({ ...hook, call });
    return receiver;
  };
  const receiver = {
    on: (types: string, call: Callback) => add({ kind: 'on', types }, call),
    close,
  } as unknown as AnyReceiver;
  for (const kind of [...HANDLER_HOOKS, ...LISTENER_HOOKS].filter((each) => each !== 'on')) {
    Object.assign(receiver, { [kind]: (call: Callback) => add({ kind }, call) });
  }

  const unsettled = new Unsettled();
  const watchDelivery = telemetry && createWatcher(telemetry);
  const answers: Answers = {
    setup() {
      isSetUp = true;
      return { path, parser, options: data, remote, hooks: hooks.map(({ call: _, ...hook }) => hook) };
    },
    async begin() {
      await unsettled.isEmpty();
      return clock ? { nowMs: clock() } : {};
    },
    keys: (lookup) => (keys as Callback)(lookup),
    ledger: ({ method, args }) => ((ledger as Ledger)[method as 'claim'] as Callback)(...args),
    async handler(call) {
      try {
        await hooks[call.hook]?.call(...eventAndContext(call));
        return null;
      } finally {
        unsettled.count++;
      }
    },
    settled() {
      unsettled.settle();
      return null;
    },
    async listener(call) {
      await hooks[call.hook]?.call(letterOrError(call));
      return null;
    },
    watch(watched) {
      watchDelivery?.(watched);
      return null;
    },
    clearTimer: () => null,
  };
  return { receiver, answers };
}

function isRemote(option: unknown): boolean {
  return (
    typeof option === 'function' || (typeof option === 'object' && option !== null && !Array.isArray(option))
  );
}

/** Handlers that have ended in the test, and after which the receiver in the runtime still has something to do. */
class Unsettled {
  count = 0;
  #waiting: (() => void)[] = [];

  settle(): void {
    this.count--;
    if (this.count === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async isEmpty(): Promise<void> {
    if (this.count > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

function eventAndContext({ event, date, context }: HandlerCall): [unknown, Partial<HandlerContext>] {
  const rawBody = Buffer.from(context.rawBody, 'base64');
  return [
    { ...(event ?? parseEvent(rawBody)), date: date === undefined ? undefined : new Date(date) },
    { ...context, rawBody },
  ];
}

function letterOrError({ error: { code, message, hint }, reason, rawBody }: ListenerCall): unknown {
  const error = new ShowpadWebhookError(code, message, { hint });
  return rawBody === undefined ? error : { error, reason, rawBody: Buffer.from(rawBody, 'base64') };
}
