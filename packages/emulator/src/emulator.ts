import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { EventJson } from '@showpad-webhooks/core/testing';
import { createApp } from './api/app.ts';
import { type Assumption, type Assumptions, listAssumptions } from './assumptions.ts';
import { type Attempt, type Notification, toAttempt } from './delivery/attempt.ts';
import type { DeliveryFilter } from './delivery/waiters.ts';
import { Engine, type ReplayOptions, type TriggerOptions } from './engine.ts';
import type { FaultRule, FaultRuleInput } from './faults/rule.ts';
import { type EmulatorOptions, readOptions, type Settings } from './options.ts';
import { openStateFile } from './state-file.ts';
import {
  type CreatedSubscription,
  type NewSubscription,
  type Subscription,
  type SubscriptionInput,
  withoutKey,
} from './subscriptions.ts';

/** The emulator, as tests drive it. What its methods are given and the control API's requests are alike. */
export interface Emulator extends AsyncDisposable {
  /** Where Showpad's API, the Admin page and the control API are, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** A bearer token that does not expire. */
  readonly accessToken: string;
  /** The emulator's time, unix time in ms: a receiver's `clock`, where a test lets minutes pass. */
  readonly now: () => number;
  /** Makes an event of a type happen: its sample, with what is overridden. Resolves once it is on its way. */
  trigger(
    type: string,
    overrides?: Partial<EventJson>,
    options?: TriggerOptions,
  ): Promise<readonly Notification[]>;
  /** Sends an attempt's event again, signed anew. */
  replay(attemptId: string, options?: ReplayOptions): Promise<Notification>;
  /**
   * Lets time pass without waiting for it, retry by retry. Resolves when everything that came due was answered.
   */
  advanceTime(ms: number): Promise<void>;
  /**
   * The next attempt that ends, or has ended, and is like this. Each is returned once, the oldest first.
   *
   * @param options `timeoutMs`: of real time. Default 5,000.
   */
  waitForDelivery(filter?: DeliveryFilter, options?: { readonly timeoutMs?: number }): Promise<Attempt>;
  /** All that were and will be sent, oldest first. */
  attempts(): Promise<readonly Attempt[]>;
  readonly subscriptions: {
    create(input: NewSubscription): Promise<CreatedSubscription>;
    list(): Promise<readonly Subscription[]>;
    get(id: string): Promise<Subscription>;
    update(id: string, changes: Partial<SubscriptionInput>): Promise<Subscription>;
    delete(id: string): Promise<void>;
  };
  readonly faults: {
    add(rule: FaultRuleInput): Promise<FaultRule>;
    list(): Promise<readonly FaultRule[]>;
    remove(id: string): Promise<void>;
    clear(): Promise<void>;
  };
  readonly assumptions: {
    set(changes: Partial<Assumptions>): Promise<void>;
    list(): Promise<readonly Assumption[]>;
  };
  /** As at the start: no subscription, fault, token or attempt, and nothing in flight. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts Showpad's side of webhooks on this machine.
 *
 * @throws TypeError for an option that is unknown or out of range; EmulatorProblem for an assumption; Node's
 * error where it can't listen.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createEmulator } from '@showpad-webhooks/emulator';
 *
 * const app = createServer((_req, res) => res.end()).listen(0, '127.0.0.1');
 * await new Promise((resolve) => app.once('listening', resolve));
 * const { port } = app.address() as { port: number };
 *
 * const emulator = await createEmulator();
 * await emulator.subscriptions.create({
 *   name: 'my app',
 *   types: ['shared-space-created'],
 *   url: `http://127.0.0.1:${port}/webhooks/showpad`,
 * });
 * await emulator.trigger('shared-space-created');
 * const { response } = await emulator.waitForDelivery();
 * console.log(response?.status); // 200
 *
 * await emulator.close();
 * app.close();
 * ```
 */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const settings = readOptions(options);
  const engine = new Engine(settings);
  const { stateFile } = settings;
  const file = stateFile === undefined ? undefined : await openStateFile(stateFile, engine);
  const server = await listen(engine, settings);
  const { faults, subscriptions, log } = engine;
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= shutDown(engine, server).then(() => file?.close());
    return closing;
  };
  return {
    url: urlOf(server),
    get accessToken() {
      return engine.tokens.ready;
    },
    now: engine.clock.now,
    trigger: async (type, overrides, triggerOptions) =>
      engine.trigger(type, overrides, triggerOptions).notifications,
    replay: async (attemptId, replayOptions) => engine.replay(attemptId, replayOptions),
    advanceTime: (ms) => engine.advanceTime(ms),
    waitForDelivery: (filter = {}, { timeoutMs = 5_000 } = {}) => engine.waitForDelivery(filter, timeoutMs),
    attempts: async () => log.all().map(toAttempt),
    subscriptions: {
      create: async (input) => engine.createSubscription(input),
      list: async () => subscriptions.list().map(withoutKey),
      get: async (id) => withoutKey(subscriptions.get(id)),
      update: async (id, changes) => withoutKey(engine.updateSubscription(id, changes)),
      delete: async (id) => engine.deleteSubscription(id),
    },
    faults: {
      add: async (rule) => faults.add(rule),
      list: async () => faults.list(),
      remove: async (id) => faults.remove(id),
      clear: async () => faults.clear(),
    },
    assumptions: {
      set: async (changes) => engine.assume(changes),
      list: async () => listAssumptions(engine.assumptions),
    },
    reset: async () => engine.reset(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listen(engine: Engine, { port, host }: Settings): Promise<Server> {
  const { fetch } = createApp(engine);
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  const isEverywhere = address === '0.0.0.0' || address === '::';
  const host = isEverywhere ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}

async function shutDown(engine: Engine, server: Server): Promise<void> {
  engine.close();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
