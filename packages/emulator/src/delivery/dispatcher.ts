import type { LookupFunction } from 'node:net';
import type { EmulatorAssumptions } from '../assumptions.ts';
import type { Clock } from '../clock.ts';
import type { Faults } from '../faults/faults.ts';
import type { StoredSubscription, Subscriptions } from '../subscriptions.ts';
import { ulid } from '../ulid.ts';
import type { AttemptRecord, AttemptState, EmulatorNotification } from './attempt.ts';
import type { AttemptLog } from './attempt-log.ts';
import { createPlan, eventIdOf, type Plan, signPlan, withNewId } from './plan.ts';
import { nextDueAt, verdictOn } from './retry.ts';
import { cut, type SendResult, send } from './send.ts';

export interface DispatcherParts {
  readonly clock: Clock;
  readonly log: AttemptLog;
  readonly faults: Faults;
  readonly subscriptions: Subscriptions;
  readonly assumptions: () => EmulatorAssumptions;
  readonly lookup: LookupFunction;
  readonly retryDelaysMs: readonly number[];
  /** How many requests run at the same time. */
  readonly concurrency: number;
  /** Called at every change of an attempt. */
  readonly changed: (record: AttemptRecord) => void;
}

export interface EventToSend {
  readonly id: string;
  readonly type: string;
  readonly body: Buffer;
}

export interface NotifyOptions {
  /** Unix time in ms. Default: now. */
  readonly dueAt?: number;
  /** Headers that replace those of a new signature. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How those headers were made. */
  readonly signature?: AttemptRecord['signature'];
  /** The rule that caused this notification. */
  readonly faults?: AttemptRecord['faults'];
}

/** What the attempts of one notification share. */
interface Delivery extends NotifyOptions {
  readonly notification: EmulatorNotification;
  body: Buffer;
  firstFailureAt: number | undefined;
  timestampSeconds: number | undefined;
}

interface Job {
  readonly record: AttemptRecord;
  readonly delivery: Delivery;
  plan?: Plan;
}

/** Sends notifications and retries them by the schedule. */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #queue: Job[] = [];
  readonly #held = new Set<Job>();
  readonly #idle: (() => void)[] = [];
  /** One for each running request. */
  readonly #running = new Set<AbortController>();

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /** Starts to send an event to one subscription. */
  notify(
    { id, type, body }: EventToSend,
    subscriptionId: string,
    options: NotifyOptions = {},
  ): EmulatorNotification {
    const { clock, assumptions } = this.#parts;
    // A replay, or a copy by a fault, is the same event to the same subscription, so it keeps its id.
    const isRepeated = options.headers !== undefined || options.faults !== undefined;
    const own = assumptions().eventId === 'shared' || isRepeated ? body : withNewId(body);
    const eventId = own === body ? id : (eventIdOf(own) ?? id);
    const notification = { id: ulid(clock.now()), eventId, type, subscriptionId };
    const delivery = {
      ...options,
      notification,
      body: own,
      firstFailureAt: undefined,
      timestampSeconds: undefined,
    };
    this.#schedule(delivery, 1, options.dueAt ?? clock.now());
    return notification;
  }

  /** Resolves when nothing is being sent. Attempts that wait for the clock do not count. */
  idle(): Promise<void> {
    if (this.#running.size === 0 && this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Aborts running requests and forgets waiting ones. */
  stop(): void {
    this.#queue.length = 0;
    this.#held.clear();
    for (const controller of this.#running) controller.abort();
    this.#running.clear();
    this.#settle();
  }

  #schedule(delivery: Delivery, number: number, dueAt: number): void {
    const { clock, log, changed } = this.#parts;
    const record = log.add(delivery.notification, number, dueAt);
    record.faults = number === 1 ? (delivery.faults ?? []) : [];
    changed(record);
    const job = { record, delivery };
    if (dueAt > clock.now()) clock.at(dueAt, () => this.#enqueue(job));
    else this.#enqueue(job);
  }

  #enqueue(job: Job): void {
    this.#queue.push(job);
    this.#pump();
  }

  #pump(): void {
    while (this.#running.size < this.#parts.concurrency) {
      const job = this.#queue.shift();
      if (!job) break;
      const controller = new AbortController();
      this.#running.add(controller);
      void this.#run(job, controller.signal).finally(() => {
        this.#running.delete(controller);
        this.#pump();
      });
    }
    this.#settle();
  }

  #settle(): void {
    if (this.#running.size > 0 || this.#queue.length > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #run(job: Job, signal: AbortSignal): Promise<void> {
    const { subscriptions } = this.#parts;
    const subscription = subscriptions.find(job.record.notification.subscriptionId);
    if (!subscription) return;
    if (!job.plan) {
      job.plan = this.#plan(job, subscription);
      if (this.#postpone(job, job.plan)) return;
    }
    const result = await this.#send(job, job.plan, subscription, signal);
    if (signal.aborted || !subscriptions.find(subscription.id)) return;
    this.#end(job, result, subscription);
    this.#release(subscription.id);
  }

  /** Plans an attempt. The fault rules are asked once per attempt. */
  #plan({ record, delivery }: Job, { signatureKey, id }: StoredSubscription): Plan {
    const { faults, clock } = this.#parts;
    const plan = createPlan(delivery.body, signatureKey);
    const { notification, faults: cause } = delivery;
    const fired = faults.breakDelivery(plan, notification, record.number, cause === undefined);
    record.faults = [...record.faults, ...fired];
    const because = (kind: string) => ({ faults: fired.filter(({ action }) => action === kind) });
    const event = { id: notification.eventId, type: notification.type, body: delivery.body };
    for (let copy = 0; copy < (plan.copies?.count ?? 0); copy++) {
      const dueAt = clock.now() + (plan.copies?.afterMs ?? 0);
      this.notify(event, id, { ...because('duplicate'), dueAt });
    }
    for (let further = 0; further < plan.burst; further++) {
      const body = withNewId(delivery.body);
      this.notify({ ...event, id: eventIdOf(body) ?? event.id, body }, id, because('burst'));
    }
    return plan;
  }

  /** Returns true if a fault prevents the attempt from being sent now. */
  #postpone(job: Job, { isDropped, delayMs, heldMs }: Plan): boolean {
    const { clock, changed } = this.#parts;
    const { record } = job;
    if (isDropped) {
      const error = { code: 'DROPPED', message: 'A fault prevented the delivery from being sent.' };
      Object.assign(record, { state: 'failed', error, durationMs: 0 });
      changed(record);
      return true;
    }
    const waitMs = delayMs + (heldMs ?? 0);
    if (waitMs === 0) return false;
    record.dueAt = clock.now() + waitMs;
    changed(record);
    if (heldMs === undefined) {
      clock.at(record.dueAt, () => this.#enqueue(job));
      return true;
    }
    this.#held.add(job);
    clock.at(record.dueAt, () => {
      if (this.#held.delete(job)) this.#enqueue(job);
    });
    return true;
  }

  /** Sends the deliveries that were held back until another one to the same endpoint overtook them. */
  #release(subscriptionId: string): void {
    for (const job of this.#held) {
      if (job.record.notification.subscriptionId !== subscriptionId) continue;
      this.#held.delete(job);
      this.#queue.push(job);
    }
  }

  async #send(
    { record, delivery }: Job,
    plan: Plan,
    subscription: StoredSubscription,
    signal: AbortSignal,
  ): Promise<SendResult> {
    const { clock, log, lookup, changed } = this.#parts;
    const assumptions = this.#parts.assumptions();
    const now = clock.now();
    const nowSeconds = Math.floor(now / 1_000);
    delivery.timestampSeconds ??= nowSeconds;
    const timestampSeconds = assumptions.retrySignature === 'once' ? delivery.timestampSeconds : nowSeconds;
    plan.headers = { ...delivery.headers, ...plan.headers };
    const { signature, ...request } = signPlan(
      plan,
      subscription,
      delivery.notification.type,
      timestampSeconds,
      assumptions,
    );
    const { maxStoredBodyBytes: maxBodyBytes } = log.limits;
    record.state = 'sending';
    record.startedAt = now;
    record.signature = delivery.signature ?? signature;
    record.request = {
      ...request,
      url: request.url.href,
      body: cut(request.body, maxBodyBytes),
      bodyBytes: request.body.byteLength,
    };
    subscription.requestCount++;
    changed(record);
    const before = performance.now();
    const { transport } = plan;
    const { timeoutMs } = assumptions;
    const result = await send({ ...request, transport, timeoutMs, maxBodyBytes, lookup, signal });
    record.durationMs = Math.round(performance.now() - before);
    return result;
  }

  #end({ record, delivery }: Job, result: SendResult, subscription: StoredSubscription): void {
    const { clock, log, changed, retryDelaysMs: delaysMs } = this.#parts;
    const assumptions = this.#parts.assumptions();
    const verdict = verdictOn(result.response?.status, assumptions);
    const now = clock.now();
    if (verdict !== 'succeeded') delivery.firstFailureAt ??= now;
    const next =
      verdict === 'retry'
        ? nextDueAt(record.number, delivery.firstFailureAt ?? now, now, { ...assumptions, delaysMs })
        : undefined;
    const state: AttemptState =
      verdict === 'retry' ? (next === undefined ? 'gave-up' : 'will-retry') : verdict;
    Object.assign(record, result, { state, nextAttemptAt: next ?? null });
    log.count(record);
    subscription.lastStatus = result.response?.status ?? null;
    changed(record);
    if (next === undefined) return;
    if (assumptions.retryId === 'new') delivery.body = withNewId(delivery.body);
    this.#schedule(delivery, record.number + 1, next);
  }
}
