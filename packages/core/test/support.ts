import {
  createReceiver,
  type DeadLetter,
  type EventSchemas,
  type Logger,
  type Receiver,
  type ReceiverOptions,
  type ShowpadEventMap,
  type ShowpadWebhookError,
} from '@showpad-webhooks/core';
import {
  type SignedDelivery,
  type SignedDeliveryOptions,
  sampleEvent,
  signedDelivery,
} from '@showpad-webhooks/core/testing';
import { pino } from 'pino';
import { vi } from 'vitest';

export const KEY = 'core-test-key';
export const TYPE = 'shared-space-user-added';
export const NOW_MS: number = Date.UTC(2026, 0, 15, 12);

/** Timers and the date stand still until a test moves them; promises and sockets go on. */
export function stopTime(): void {
  vi.useFakeTimers({
    now: NOW_MS,
    toFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'setImmediate',
      'clearImmediate',
      'Date',
    ],
  });
}

/** The same bytes each time for the same id, signed now. */
export function delivery(id = 'event-1', options?: Partial<SignedDeliveryOptions>): SignedDelivery {
  return signedDelivery({ ...sampleEvent(TYPE), id }, { key: KEY, ...options });
}

export interface Probe {
  readonly receiver: Receiver;
  /** What `onError` was told. */
  readonly errors: ShowpadWebhookError[];
  /** What `onRejected` was told. */
  readonly rejected: ShowpadWebhookError[];
  /** Delivers an event and gives the answer's status and code, or its outcome where all went well. */
  readonly deliver: (id?: string, options?: Partial<SignedDeliveryOptions>) => Promise<string>;
}

/** A receiver whose answers and reports are at hand. */
export function probe(options?: Partial<ReceiverOptions<ShowpadEventMap, EventSchemas>>): Probe {
  const errors: ShowpadWebhookError[] = [];
  const rejected: ShowpadWebhookError[] = [];
  const receiver = createReceiver({ keys: KEY, ...options })
    .onError((error) => errors.push(error))
    .onRejected((error) => rejected.push(error));
  const deliver: Probe['deliver'] = async (...args) => {
    const { response, outcome, error } = await receiver.receive(delivery(...args));
    return `${response.status} ${error?.code ?? outcome}`;
  };
  return { receiver, errors, rejected, deliver };
}

/** A probe whose dead letters are kept in a list. */
export function probeWithLetters(
  options?: Partial<ReceiverOptions<ShowpadEventMap, EventSchemas>>,
): Probe & { readonly letters: DeadLetter<ShowpadEventMap>[] } {
  const letters: DeadLetter<ShowpadEventMap>[] = [];
  const made = probe(options);
  made.receiver.onDeadLetter((letter) => letters.push(letter));
  return { ...made, letters };
}

/** A real logger, and the lines it wrote. */
export function memoryLogger(): { readonly logger: Logger; readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: 'debug', base: null }, { write: (line) => lines.push(JSON.parse(line)) });
  return { logger, lines };
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** A promise that a test settles when it wants to. */
export function deferred<T = void>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as unknown as Omit<Deferred<T>, 'promise'>) };
}
