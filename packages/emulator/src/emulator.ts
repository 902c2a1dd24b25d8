import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { checkKnown } from '@showpad-webhooks/core/shared';
import type { EventJson } from '@showpad-webhooks/core/testing';
import { createApp } from './api/app.ts';
import { type EmulatorAssumption, type EmulatorAssumptions, listAssumptions } from './assumptions.ts';
import { type Attempt, type EmulatorNotification, toAttempt } from './delivery/attempt.ts';
import type { DeliveryFilter } from './delivery/waiters.ts';
import { Engine, type ReplayOptions, type TriggerOptions } from './engine.ts';
import type { FaultRule, FaultRuleInput } from './faults/rule.ts';
import { type EmulatorOptions, readOptions, type Settings } from './options.ts';
import type { EmulatorSample } from './samples.ts';
import { openStateFile } from './state-file.ts';
import {
  type CreatedEmulatorSubscription,
  type EmulatorSubscription,
  type EmulatorSubscriptionChanges,
  type NewEmulatorSubscription,
  withoutKey,
} from './subscriptions.ts';

/** A running emulator. Its methods take the same input as the control API. */
export interface Emulator extends AsyncDisposable {
  /** Showpad's API, the Admin page and the control API are here, for example `http://127.0.0.1:4000`. */
  readonly url: string;
  /** A bearer token that never expires. */
  readonly accessToken: string;
  /** The emulator's time: unix time in ms. Pass it to a receiver as `clock` if your test lets minutes pass. */
  readonly now: () => number;
  /** Makes an event of a type happen: its sample with your overrides. Resolves when it is on its way. */
  trigger(
    type: string,
    overrides?: Partial<EventJson>,
    options?: TriggerOptions,
  ): Promise<readonly EmulatorNotification[]>;
  /** Sends an attempt's event again, with a new signature. */
  replay(attemptId: string, options?: ReplayOptions): Promise<EmulatorNotification>;
  /**
   * Lets time pass without waiting for it. Resolves when every attempt that came due has ended.
   */
  advanceTime(ms: number): Promise<void>;
  /**
   * Returns the next attempt that matches and has ended, or waits for one. Each attempt is returned once, oldest first.
   *
   * @param options `timeoutMs` is in real time. Default 5,000.
   * @throws Error at the timeout. Its message lists the attempts that there were.
   */
  waitForDelivery(filter?: DeliveryFilter, options?: { readonly timeoutMs?: number }): Promise<Attempt>;
  /** Every attempt, past and future, oldest first. */
  attempts(): Promise<readonly Attempt[]>;
  readonly subscriptions: {
    create(input: NewEmulatorSubscription): Promise<CreatedEmulatorSubscription>;
    list(): Promise<readonly EmulatorSubscription[]>;
    get(id: string): Promise<EmulatorSubscription>;
    update(id: string, changes: EmulatorSubscriptionChanges): Promise<EmulatorSubscription>;
    delete(id: string): Promise<void>;
  };
  /** Your own samples, which are kept in the state file. */
  readonly samples: {
    /** Replaces any other sample of the type. */
    add(sample: EmulatorSample): Promise<void>;
    remove(type: string): Promise<void>;
  };
  readonly faults: {
    add(rule: FaultRuleInput): Promise<FaultRule>;
    list(): Promise<readonly FaultRule[]>;
    remove(id: string): Promise<void>;
    clear(): Promise<void>;
  };
  readonly assumptions: {
    set(changes: Partial<EmulatorAssumptions>): Promise<void>;
    list(): Promise<readonly EmulatorAssumption[]>;
  };
  /** Goes back to the start: no subscription, fault, token, added sample or attempt, and nothing is being sent. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts Showpad's side of webhooks on this machine.
 *
 * @throws TypeError for an option that is unknown or out of range; EmulatorProblem for a wrong assumption; Node's error
 * if it cannot listen.
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
    async waitForDelivery(filter = {}, options = {}) {
      const { timeoutMs = 5_000 } = options;
      checkKnown(options, { timeoutMs });
      return engine.waitForDelivery(filter, timeoutMs);
    },
    attempts: async () => log.all().map(toAttempt),
    subscriptions: {
      create: async (input) => engine.createSubscription(input),
      list: async () => subscriptions.list().map(withoutKey),
      get: async (id) => withoutKey(subscriptions.get(id)),
      update: async (id, changes) => withoutKey(engine.updateSubscription(id, changes)),
      delete: async (id) => engine.deleteSubscription(id),
    },
    samples: {
      add: async (sample) => void engine.samples.add(sample),
      remove: async (type) => engine.samples.remove(type),
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
