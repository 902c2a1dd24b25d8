import type { MismatchFinding } from '@showpad-webhooks/core/explain';
import { checkKnown } from '@showpad-webhooks/core/shared';
import type { EventJson } from '@showpad-webhooks/core/testing';
import { changeAssumptions, type EmulatorAssumptions } from './assumptions.ts';
import { Catalogue } from './catalogue.ts';
import { Clock } from './clock.ts';
import { type Attempt, type EmulatorNotification, toAttempt } from './delivery/attempt.ts';
import { AttemptLog } from './delivery/attempt-log.ts';
import { Dispatcher } from './delivery/dispatcher.ts';
import { eventIdOf } from './delivery/plan.ts';
import { type DeliveryFilter, Waiters } from './delivery/waiters.ts';
import { explainAttempt } from './explain-attempt.ts';
import { Faults } from './faults/faults.ts';
import { Hub } from './hub.ts';
import type { Settings } from './options.ts';
import { EmulatorProblem } from './problem.ts';
import { Samples } from './samples.ts';
import { type EmulatorState, readState } from './state.ts';
import { readSubscription } from './subscription-input.ts';
import {
  type CreatedEmulatorSubscription,
  type NewEmulatorSubscription,
  type StoredSubscription,
  Subscriptions,
  withoutKey,
} from './subscriptions.ts';
import { createTargets, type Targets } from './targets.ts';
import { Tokens } from './tokens.ts';

export interface TriggerOptions {
  /** Sends only to this subscription, whatever types it has. Default: to every subscription to the type. */
  readonly subscriptionId?: string | undefined;
  /** How many events. Default 1. */
  readonly count?: number | undefined;
  /** The exact body, instead of the sample with `overrides`. */
  readonly body?: string | Uint8Array | undefined;
}

interface SentEvent {
  readonly id: string;
  readonly type: string;
  /** Whether the payload or the type is inferred: Showpad does not document it, and there is no sample of yours. */
  readonly isInferred: boolean;
}

export interface Triggered {
  readonly events: readonly SentEvent[];
  readonly notifications: readonly EmulatorNotification[];
}

export interface ReplayOptions {
  /** Default: the body of the attempt. */
  readonly body?: string | Uint8Array | undefined;
  /** Whether to sign the body again. If false, the timestamp and signature of the attempt are sent. Default true. */
  readonly resign?: boolean | undefined;
}

/** Showpad's side without HTTP. The APIs and `createEmulator` both call it. */
export class Engine {
  readonly settings: Settings;
  readonly hub: Hub = new Hub();
  readonly clock: Clock;
  readonly targets: Targets;
  readonly samples: Samples = new Samples((type) => this.hub.publish('sample', () => ({ type })));
  readonly catalogue: Catalogue;
  readonly subscriptions: Subscriptions = new Subscriptions();
  readonly tokens: Tokens;
  readonly faults: Faults;
  readonly log: AttemptLog;
  readonly #waiters: Waiters;
  readonly #dispatcher: Dispatcher;
  #assumptions: EmulatorAssumptions;
  #isClosed = false;

  constructor(settings: Settings) {
    this.settings = settings;
    this.clock = new Clock(settings.clock, settings.timeScale);
    this.targets = createTargets(settings.allowTargets);
    this.catalogue = new Catalogue(settings.samples, settings.events, this.samples);
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

  get assumptions(): EmulatorAssumptions {
    return this.#assumptions;
  }

  /** @throws EmulatorProblem `INPUT_INVALID` */
  assume(changes: Readonly<Record<string, unknown>>): void {
    this.#assumptions = changeAssumptions(this.#assumptions, changes);
    this.hub.publish('assumption', () => changes);
  }

  /**
   * @param urlName what Showpad's API calls the endpoint's URL. Only other callers may choose the signature key.
   * @throws EmulatorProblem `INPUT_INVALID`
   */
  createSubscription(input: unknown, urlName?: string): CreatedEmulatorSubscription {
    const rules = { targets: this.targets, urlName, mayChooseKey: urlName === undefined };
    const read = readSubscription(input, rules) as NewEmulatorSubscription;
    const created = this.subscriptions.add(read, this.clock.now());
    this.#changed(created);
    return { ...created };
  }

  /** @throws EmulatorProblem `NOT_FOUND` or `INPUT_INVALID` */
  updateSubscription(id: string, input: unknown, urlName?: string, isPartial = true): StoredSubscription {
    const subscription = this.subscriptions.get(id);
    Object.assign(subscription, readSubscription(input, { targets: this.targets, urlName, isPartial }));
    this.#changed(subscription);
    return subscription;
  }

  /** Deletes its log too. @throws EmulatorProblem `NOT_FOUND` */
  deleteSubscription(id: string): void {
    this.subscriptions.get(id);
    this.subscriptions.delete(id);
    this.log.deleteOf(id);
    this.hub.publish('subscription', () => ({ id, isDeleted: true }));
  }

  /**
   * Makes an event happen. Every subscription to its type is notified.
   *
   * @throws EmulatorProblem `NOT_FOUND` for a subscription that does not exist
   */
  trigger(type: string, overrides: Partial<EventJson> = {}, options: TriggerOptions = {}): Triggered {
    this.#requireOpen();
    const { subscriptionId, count = 1, body } = options;
    checkKnown(options, { subscriptionId, count, body });
    if (typeof type !== 'string' || type === '') throw new TypeError('type must be an event type.');
    if (!Number.isInteger(count) || count < 1) {
      throw new TypeError(`count must be a whole number, 1 or more, not ${count}.`);
    }
    const receivers =
      subscriptionId === undefined
        ? this.subscriptions.list().filter(({ types }) => types.includes(type))
        : [this.subscriptions.get(subscriptionId)];
    const given = body === undefined ? undefined : Buffer.from(body);
    const events = Array.from({ length: count }, () => {
      const event = this.catalogue.event(type, overrides, this.clock.now(), this.#assumptions);
      const id = (given && eventIdOf(given)) ?? event.id;
      return { id, type, body: given ?? Buffer.from(JSON.stringify(event)) };
    });
    const notifications = events.flatMap((event) =>
      receivers.map(({ id }) => this.#dispatcher.notify(event, id)),
    );
    const isInferred = this.catalogue.isInferred(type, this.#assumptions);
    return { events: events.map(({ id }) => ({ id, type, isInferred })), notifications };
  }

  /** Sends an attempt's event again. @throws EmulatorProblem `NOT_FOUND`, or `NO_BODY_TO_REPLAY` if the body was not kept */
  replay(attemptId: string, options: ReplayOptions = {}): EmulatorNotification {
    this.#requireOpen();
    const { body, resign = true } = options;
    checkKnown(options, { body, resign });
    const { notification, request, signature } = this.log.get(attemptId);
    const isCut = request && request.body.byteLength < request.bodyBytes;
    if (body === undefined && (!request || isCut)) {
      throw new EmulatorProblem(
        'NO_BODY_TO_REPLAY',
        request
          ? `Only the first ${request.body.byteLength} bytes of the body were kept. Pass body, or raise maxStoredBodyBytes.`
          : 'The attempt was not sent, so it has no body. Pass body.',
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

  /** Explains why a receiver may refuse an attempt's signature. @throws EmulatorProblem `NOT_FOUND` or `NOTHING_TO_EXPLAIN` */
  explain(attemptId: string, body?: string): readonly MismatchFinding[] {
    return explainAttempt(this.log.get(attemptId), this.subscriptions.list(), body);
  }

  /** Lets time pass step by step. Resolves when every attempt that came due has ended. */
  async advanceTime(ms: number): Promise<void> {
    if (!Number.isFinite(ms) || ms < 0) throw new TypeError(`ms must be a number, 0 or more, not ${ms}.`);
    await this.clock.advance(ms, () => this.#dispatcher.idle());
    this.hub.publish('clock', () => this.clock.state);
  }

  async waitForDelivery(filter: DeliveryFilter, timeoutMs: number): Promise<Attempt> {
    this.#requireOpen();
    return this.#waiters.wait(filter, timeoutMs);
  }

  /** @param includeKeys whether to include signature keys and tokens */
  exportState({ includeKeys }: { readonly includeKeys: boolean }): EmulatorState {
    return {
      version: 1,
      subscriptions: this.subscriptions.list().map((subscription) => ({
        ...subscription,
        signatureKey: includeKeys ? subscription.signatureKey : null,
      })),
      ...(includeKeys && { tokens: this.tokens.list() }),
      samples: this.samples.list(),
      faults: this.faults.list(),
      assumptions: this.#assumptions,
    };
  }

  /**
   * Replaces everything. A subscription without a key keeps the key that its id has now, or gets a new one.
   *
   * @throws EmulatorProblem `INPUT_INVALID`. Then nothing has changed.
   */
  importState(state: unknown): void {
    const { subscriptions, tokens, samples, faults, assumptions } = readState(state, {
      targets: this.targets,
      assumptions: this.settings.assumptions,
      keyOf: (id) => this.subscriptions.find(id)?.signatureKey,
    });
    this.reset();
    this.subscriptions.replaceAll(subscriptions);
    this.tokens.replaceAll(tokens);
    this.samples.replaceAll(samples);
    this.faults.replaceAll(faults);
    this.#assumptions = assumptions;
    this.hub.publish('reset', () => ({}));
  }

  /** Goes back to the start: nothing is stored, and nothing is being sent. */
  reset(): void {
    this.#stop('The emulator was reset.');
    this.log.clear();
    this.subscriptions.replaceAll([]);
    this.faults.reset();
    this.tokens.replaceAll([]);
    this.samples.replaceAll([]);
    this.#assumptions = this.settings.assumptions;
    this.clock.setMode(this.settings.clock);
    this.clock.setNow(Date.now());
    this.hub.publish('reset', () => ({}));
  }

  /** Stops sending, and leaves no timer. */
  close(): void {
    this.#isClosed = true;
    this.#stop('The emulator was closed.');
  }

  #stop(reason: string): void {
    this.clock.clear();
    this.#dispatcher.stop();
    this.#waiters.rejectAll(reason);
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new Error('The emulator is closed.');
  }

  #changed(subscription: StoredSubscription): void {
    this.hub.publish('subscription', () => withoutKey(subscription));
  }
}
