import { explainMismatch, type MismatchFinding } from '@showpad-webhooks/core/explain';
import type { EventJson } from '@showpad-webhooks/core/testing';
import { type Assumptions, changeAssumptions } from './assumptions.ts';
import { Catalogue } from './catalogue.ts';
import { Clock } from './clock.ts';
import { type Attempt, type Notification, toAttempt } from './delivery/attempt.ts';
import { AttemptLog } from './delivery/attempt-log.ts';
import { Dispatcher } from './delivery/dispatcher.ts';
import { eventIdOf } from './delivery/plan.ts';
import { type DeliveryFilter, Waiters } from './delivery/waiters.ts';
import { Faults } from './faults/faults.ts';
import { Hub } from './hub.ts';
import type { Settings } from './options.ts';
import { EmulatorProblem } from './problem.ts';
import { type EmulatorState, readState } from './state.ts';
import { readSubscriptionInput } from './subscription-input.ts';
import {
  type CreatedSubscription,
  type NewSubscription,
  type StoredSubscription,
  Subscriptions,
  withoutKey,
} from './subscriptions.ts';
import { createTargets, type Targets } from './targets.ts';
import { Tokens } from './tokens.ts';

export interface TriggerOptions {
  /** To this one alone, whatever types it is subscribed to. */
  readonly subscriptionId?: string | undefined;
  /** How many events. Default 1. */
  readonly count?: number | undefined;
  /** The exact body, in place of the sample's and of `overrides`. */
  readonly body?: string | Uint8Array | undefined;
}

interface SentEvent {
  readonly id: string;
  readonly type: string;
  /** Whether Showpad documents neither payload nor, perhaps, the type. */
  readonly isInferred: boolean;
}

export interface Triggered {
  readonly events: readonly SentEvent[];
  readonly notifications: readonly Notification[];
}

export interface ReplayOptions {
  /** In place of the attempt's. */
  readonly body?: string | Uint8Array | undefined;
  /** False: with the timestamp and signature of that attempt. Default true. */
  readonly resign?: boolean | undefined;
}

/** Showpad's side without its HTTP: what the APIs and the tests' handle both call. */
export class Engine {
  readonly settings: Settings;
  readonly hub: Hub = new Hub();
  readonly clock: Clock;
  readonly targets: Targets;
  readonly catalogue: Catalogue;
  readonly subscriptions: Subscriptions = new Subscriptions();
  readonly tokens: Tokens;
  readonly faults: Faults;
  readonly log: AttemptLog;
  readonly #waiters: Waiters;
  readonly #dispatcher: Dispatcher;
  #assumptions: Assumptions;
  #isClosed = false;

  constructor(settings: Settings) {
    this.settings = settings;
    this.clock = new Clock(settings.clock, settings.timeScale);
    this.targets = createTargets(settings.allowTargets);
    this.catalogue = new Catalogue(settings.samples);
    this.tokens = new Tokens(this.clock.now, () => this.hub.publish('token', () => ({})));
    this.faults = new Faults(settings.seed, (rule) => this.hub.publish('fault', () => rule));
    this.log = new AttemptLog(settings);
    this.#waiters = new Waiters(() => this.log.all());
    this.#assumptions = settings.assumptions;
    this.#dispatcher = new Dispatcher({
      clock: this.clock,
      log: this.log,
      faults: this.faults,
      subscriptions: this.subscriptions,
      assumptions: () => this.#assumptions,
      lookup: this.targets.lookup,
      retryDelaysMs: settings.retryDelaysMs,
      concurrency: settings.concurrency,
      changed: (record) => {
        this.hub.publish('attempt', () => toAttempt(record));
        this.#waiters.changed(record);
      },
    });
  }

  get assumptions(): Assumptions {
    return this.#assumptions;
  }

  /** @throws EmulatorProblem 422 */
  assume(changes: Readonly<Record<string, unknown>>): void {
    this.#assumptions = changeAssumptions(this.#assumptions, changes);
    this.hub.publish('assumption', () => changes);
  }

  /**
   * @param urlName what the input calls the endpoint's URL
   * @throws EmulatorProblem 422
   */
  createSubscription(input: unknown, urlName?: string): CreatedSubscription {
    const rules = { targets: this.targets, urlName, mayChooseKey: urlName === undefined };
    const read = readSubscriptionInput(input, rules) as NewSubscription;
    const created = this.subscriptions.add(read, this.clock.now());
    this.#changed(created);
    return { ...created };
  }

  /** @throws EmulatorProblem 404 or 422 */
  updateSubscription(id: string, input: unknown, urlName?: string, isPartial = true): StoredSubscription {
    const subscription = this.subscriptions.get(id);
    const read = readSubscriptionInput(input, { targets: this.targets, urlName, isPartial });
    Object.assign(subscription, isPartial ? {} : { method: 'POST', headers: [] }, read);
    this.#changed(subscription);
    return subscription;
  }

  /** Its log goes with it. @throws EmulatorProblem 404 */
  deleteSubscription(id: string): void {
    this.subscriptions.get(id);
    this.subscriptions.delete(id);
    this.log.deleteOf(id);
    this.hub.publish('subscription', () => ({ id, isDeleted: true }));
  }

  /**
   * Makes an event happen; each subscription to its type is notified.
   *
   * @throws EmulatorProblem 404 for a subscription that is not there
   */
  trigger(
    type: string,
    overrides: Partial<EventJson> = {},
    { subscriptionId, count = 1, body }: TriggerOptions = {},
  ): Triggered {
    this.#requireOpen();
    if (typeof type !== 'string' || type === '') throw new TypeError('type must be an event type, as text.');
    if (!Number.isInteger(count) || count < 1) {
      throw new TypeError(`count must be a whole number from 1, not ${count}.`);
    }
    const receivers =
      subscriptionId === undefined
        ? this.subscriptions.list().filter(({ types }) => types.includes(type))
        : [this.subscriptions.get(subscriptionId)];
    const given = body === undefined ? undefined : Buffer.from(body);
    const events = Array.from({ length: count }, () => {
      const event = this.catalogue.event(type, overrides, this.clock.now());
      const id = (given && eventIdOf(given)) ?? event.id;
      return { id, type, body: given ?? Buffer.from(JSON.stringify(event)) };
    });
    const notifications = events.flatMap((event) =>
      receivers.map(({ id }) => this.#dispatcher.notify(event, id)),
    );
    const isInferred = !this.catalogue.isDocumented(type);
    return { events: events.map(({ id }) => ({ id, type, isInferred })), notifications };
  }

  /** Sends what an attempt sent once more. @throws EmulatorProblem 404, or 409 where its body was not kept */
  replay(attemptId: string, { body, resign = true }: ReplayOptions = {}): Notification {
    this.#requireOpen();
    const { notification, request, signature } = this.log.get(attemptId);
    const isCut = request && request.body.byteLength < request.bodyBytes;
    if (body === undefined && (!request || isCut)) {
      throw new EmulatorProblem(
        409,
        'No body to replay',
        request
          ? `Only the first ${request.body.byteLength} bytes of its body were kept: pass body, or raise maxStoredBodyBytes.`
          : 'The attempt was not sent: pass body.',
      );
    }
    const signed = Object.entries(request?.headers ?? {}).filter(([name]) => name.startsWith('x-showpad-'));
    const event = {
      id: notification.eventId,
      type: notification.type,
      body: Buffer.from(body ?? request?.body ?? ''),
    };
    return this.#dispatcher.notify(event, notification.subscriptionId, {
      headers: resign ? {} : Object.fromEntries(signed),
      signature: resign ? null : signature,
    });
  }

  /**
   * Why a receiver might refuse an attempt, were its body what it had: nothing, where its signature holds.
   *
   * @throws EmulatorProblem 404, or 409 where there is nothing to explain
   */
  explain(attemptId: string, body?: string): readonly MismatchFinding[] {
    const { notification, request, startedAt } = this.log.get(attemptId);
    const subscription = this.subscriptions.find(notification.subscriptionId);
    if (!request || !subscription) {
      const detail = request ? 'Its webhook is gone, and the key with it.' : 'The attempt was not sent.';
      throw new EmulatorProblem(409, 'Nothing to explain', detail);
    }
    const header = (name: string) =>
      Object.entries(request.headers).find(([each]) => each.toLowerCase() === name)?.[1];
    return explainMismatch({
      body: Buffer.from(body ?? request.body),
      timestamp: header('x-showpad-signature-timestamp'),
      signature: header('x-showpad-signature-v1'),
      keys: subscription.signatureKey,
      otherKeys: this.subscriptions
        .list()
        .filter(({ id }) => id !== subscription.id)
        .map(({ name, signatureKey }) => ({ label: `of ${name}`, key: signatureKey })),
      nowSeconds: Math.floor((startedAt ?? this.clock.now()) / 1_000),
    });
  }

  /** Lets time pass, by what is due step by step; resolves when all that came due has been answered. */
  async advanceTime(ms: number): Promise<void> {
    if (!Number.isFinite(ms) || ms < 0) throw new TypeError(`ms must be a number from 0, not ${ms}.`);
    await this.clock.advance(ms, () => this.#dispatcher.idle());
    this.hub.publish('clock', () => this.clock.state);
  }

  async waitForDelivery(filter: DeliveryFilter, timeoutMs: number): Promise<Attempt> {
    this.#requireOpen();
    return this.#waiters.wait(filter, timeoutMs);
  }

  /** @param includeKeys with signature keys and tokens; else they are left out. */
  exportState({ includeKeys }: { readonly includeKeys: boolean }): EmulatorState {
    return {
      version: 1,
      subscriptions: this.subscriptions.list().map((subscription) => ({
        ...subscription,
        signatureKey: includeKeys ? subscription.signatureKey : null,
      })),
      ...(includeKeys && { tokens: this.tokens.list() }),
      faults: this.faults.list(),
      assumptions: this.#assumptions,
    };
  }

  /**
   * Takes the place of all there is. A subscription without a key keeps that of its id, or gets a new one.
   *
   * @throws EmulatorProblem 422, and then nothing has changed
   */
  importState(state: unknown): void {
    const { subscriptions, tokens, faults, assumptions } = readState(state, {
      targets: this.targets,
      assumptions: this.settings.assumptions,
      keyOf: (id) => this.subscriptions.find(id)?.signatureKey,
    });
    this.reset();
    this.subscriptions.replaceAll(subscriptions);
    this.tokens.replaceAll(tokens);
    this.faults.replaceAll(faults);
    this.#assumptions = assumptions;
    this.hub.publish('reset', () => ({}));
  }

  /** As at the start, with nothing in flight. */
  reset(): void {
    this.#stop('the emulator was reset');
    this.log.clear();
    this.subscriptions.replaceAll([]);
    this.faults.reset();
    this.tokens.replaceAll([]);
    this.#assumptions = this.settings.assumptions;
    this.clock.setMode(this.settings.clock);
    this.clock.setNow(Date.now());
    this.hub.publish('reset', () => ({}));
  }

  /** Sends nothing more, and leaves no timer. */
  close(): void {
    this.#isClosed = true;
    this.#stop('the emulator was closed');
  }

  #stop(reason: string): void {
    this.clock.clear();
    this.#dispatcher.stop();
    this.#waiters.rejectAll(reason);
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new Error('the emulator is closed');
  }

  #changed(subscription: StoredSubscription): void {
    this.hub.publish('subscription', () => withoutKey(subscription));
  }
}
