import {
  type CommonReceiverOptions,
  createReceiver,
  type DeadLetter,
  type EventSchemas,
  type HandlerContext,
  type Inbox,
  type InboxReceiverOptions,
  type LedgerReceiverOptions,
  type Logger,
  type Receiver,
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
import { expect, onTestFinished, vi } from 'vitest';

export const KEY = 'core-test-key';
export const TYPE = 'shared-space-user-added';
export const NOW_MS: number = Date.UTC(2026, 0, 15, 12);

/** Stops timers and clocks until the test moves them. Promises and sockets go on. */
export function stopTime(): void {
  vi.useFakeTimers({
    now: NOW_MS,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
}

/** Lets timers and clocks go again, after a test that stopped them. Nothing that it left behind reaches the next test. */
export async function startTime(): Promise<void> {
  await settled();
  vi.useRealTimers();
}

/** Closes an inbox when its test is over, also if time stands still. */
export function closeAtTheEnd(inbox: Inbox): void {
  onTestFinished(async () => {
    const closed = inbox.close({ timeoutMs: 0 });
    if (vi.isFakeTimers()) await vi.advanceTimersByTimeAsync(0);
    await closed;
  });
}

/** Resolves after every promise that can settle now has settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Says whether a promise has settled, after everything that can happen now has happened. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let hasEnded = false;
  const end = () => {
    hasEnded = true;
  };
  promise.then(end, end);
  await settled();
  return hasEnded;
}

/**
 * Expects that a delivery left no timer behind, except for the one that renews leases. That one ends as soon as it finds
 * that nothing runs any more, and does not keep the process alive.
 */
export async function expectNoTimerLeft(): Promise<void> {
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(10_000 / 3 + 1);
  expect(vi.getTimerCount()).toBe(0);
}

/** A delivery of the sample event, signed now. The same id gives the same bytes. */
export function delivery(id = 'event-1', options?: Partial<SignedDeliveryOptions>): SignedDelivery {
  return signedDelivery({ ...sampleEvent(TYPE), id }, { key: KEY, ...options });
}

/** The options that every receiver has, all of them optional. */
export type CommonProbeOptions = Partial<CommonReceiverOptions<ShowpadEventMap, EventSchemas>>;

/** The options of a receiver, all of them optional. */
export type ProbeOptions = CommonProbeOptions & (LedgerReceiverOptions | InboxReceiverOptions);

export interface Probe {
  readonly receiver: Receiver;
  /** What `onError` heard. */
  readonly errors: ShowpadWebhookError[];
  /** What `onRejected` heard. */
  readonly rejected: ShowpadWebhookError[];
  /** Delivers an event. Resolves to the status and the code, or the outcome if there is no error. */
  readonly deliver: (id?: string, options?: Partial<SignedDeliveryOptions>) => Promise<string>;
}

/** A receiver whose responses and reports are easy to compare. */
export function probe(options?: ProbeOptions): Probe {
  const errors: ShowpadWebhookError[] = [];
  const rejected: ShowpadWebhookError[] = [];
  const receiver = createReceiver<ShowpadEventMap, EventSchemas>({ keys: KEY, ...options })
    .onError((error) => errors.push(error))
    .onRejected((error) => rejected.push(error));
  const deliver: Probe['deliver'] = async (...args) => {
    const { response, outcome, error } = await receiver.receive(delivery(...args));
    return `${response.status} ${error?.code ?? outcome}`;
  };
  return { receiver, errors, rejected, deliver };
}

/** A probe that also keeps the dead letters. */
export function probeWithLetters(options?: ProbeOptions): Probe & { readonly letters: DeadLetter[] } {
  const letters: DeadLetter[] = [];
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

/** A promise that the test settles. */
export function deferred<T = void>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as unknown as Omit<Deferred<T>, 'promise'>) };
}

export interface Journal<T> {
  readonly entries: readonly T[];
  readonly add: (entry: T) => void;
  /** Resolves when there are this many entries. */
  readonly has: (count: number) => Promise<readonly T[]>;
}

/** Keeps what happens, and lets a test wait for it. */
export function journal<T>(): Journal<T> {
  const entries: T[] = [];
  const waiting: { readonly count: number; readonly end: Deferred<readonly T[]> }[] = [];
  return {
    entries,
    add(entry) {
      entries.push(entry);
      for (const { count, end } of waiting) if (entries.length >= count) end.resolve(entries);
    },
    has(count) {
      const end = deferred<readonly T[]>();
      waiting.push({ count, end });
      if (entries.length >= count) end.resolve(entries);
      return end.promise;
    },
  };
}

/** A handler whose runs the test ends. */
export function heldHandler(): {
  readonly handler: (event: unknown, context: HandlerContext) => Promise<void>;
  /** The run that began as number `index`, from 0. */
  readonly run: (index: number) => HeldRun;
  readonly runs: Journal<HeldRun>;
  /** The largest number of runs that were going on at once. */
  readonly mostAtOnce: () => number;
} {
  const runs = journal<HeldRun>();
  let going = 0;
  let most = 0;
  return {
    async handler(_event, context) {
      const end = deferred();
      most = Math.max(most, ++going);
      runs.add({ ...end, context });
      await end.promise.finally(() => going--);
    },
    run(index) {
      const found = runs.entries[index];
      if (!found) throw new Error(`The handler ran only ${runs.entries.length} times.`);
      return found;
    },
    runs,
    mostAtOnce: () => most,
  };
}

export type HeldRun = Deferred<void> & { readonly context: HandlerContext };
