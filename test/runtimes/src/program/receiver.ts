import {
  type AnyReceiver,
  createReceiver,
  type Handler,
  type Ledger,
  type ReceiverOptions,
  type ShowpadEvent,
  type ShowpadWebhookError,
} from '@showpad-webhooks/core';
import type { Hook, Setup } from '../bridge/messages.ts';
import { watch } from './watch.ts';
import { delivery, type Wire } from './wire.ts';

export interface Platform {
  /** Keeps the instance until the work is done, if it would end otherwise. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
}

export interface RemoteReceiver {
  readonly receiver: AnyReceiver;
  /** Sets the clock, if the test has one. */
  setTime(nowMs: number): void;
}

/** Makes a receiver in this runtime, whose callbacks are those of the test. */
export function createRemoteReceiver(
  { options, remote, hooks }: Setup,
  wire: Wire,
  platform: Platform,
): RemoteReceiver {
  let nowMs = 0;
  const receiver = createReceiver({
    ...options,
    ...(remote.includes('keys') && {
      keys: ({ headers, url }: object & { headers?: object; url?: string }) =>
        wire.call('keys', { headers, url }),
    }),
    ...(remote.includes('clock') && { clock: () => nowMs }),
    ...(remote.includes('ledger') && { ledger: remoteLedger(wire) }),
    ...(remote.includes('telemetry') && { telemetry: watch }),
    ...platform,
  } as unknown as ReceiverOptions<never, never>) as AnyReceiver;
  hooks.forEach((hook, index) => {
    addHook(receiver, hook, index, wire, platform);
  });
  return {
    receiver,
    setTime(now) {
      nowMs = now;
    },
  };
}

const MOST_LEVELS = 500;

/** True if JSON.stringify might overflow the stack. */
function isDeep(data: unknown): boolean {
  let level = [data];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === MOST_LEVELS) return true;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return false;
}

function remoteLedger(wire: Wire): Ledger {
  const method =
    (name: string) =>
    (...args: readonly unknown[]) =>
      wire.call('ledger', { method: name, args }) as Promise<never>;
  return {
    claim: method('claim'),
    checkpoint: method('checkpoint'),
    complete: method('complete'),
    release: method('release'),
  };
}

function addHook(
  receiver: AnyReceiver,
  { kind, types }: Hook,
  hook: number,
  wire: Wire,
  { waitUntil }: Platform,
): void {
  const handler: Handler<ShowpadEvent> = async ({ date, ...event }, context) => {
    const { receiverName, headers, url, timestampSeconds, attempt } = context;
    const rawBody = Buffer.from(context.rawBody).toString('base64');
    const described = { receiverName, headers, url, timestampSeconds, attempt, rawBody };
    try {
      await wire.call('handler', {
        hook,
        event: isDeep(event.data) ? undefined : event,
        date: date?.toISOString(),
        context: described,
      });
    } finally {
      const settled = new Promise(setImmediate).then(() => wire.call('settled', null));
      waitUntil?.(settled);
    }
  };
  const listener = (
    error: ShowpadWebhookError,
    letter?: { readonly reason: string; readonly rawBody: Uint8Array },
  ) => {
    const { code, message, hint } = error;
    const rest = letter && { reason: letter.reason, rawBody: Buffer.from(letter.rawBody).toString('base64') };
    delivery.getStore()?.send(() => wire.call('listener', { hook, error: { code, message, hint }, ...rest }));
  };
  if (kind === 'on') receiver.on(types as string, handler as never, { name: `hook ${hook}` });
  else if (kind === 'onAny' || kind === 'onUnknown')
    receiver[kind](handler as never, { name: `hook ${hook}` });
  else if (kind === 'onDeadLetter') receiver.onDeadLetter((letter) => listener(letter.error, letter));
  else receiver[kind]((error) => listener(error));
}
