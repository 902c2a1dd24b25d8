import { type Api, type CallOptions, createApi } from './api.ts';
import type { Mapping } from './assumptions.ts';
import { createSubscription } from './create.ts';
import { ShowpadApiError } from './error.ts';
import { readOptions, type ShowpadWebhooksClientOptions } from './options.ts';
import { iteratePages, type PageOptions, toArray } from './pages.ts';
import type { SyncStep, WantedSubscription } from './plan.ts';
import {
  type CreatedSubscription,
  type LogEntry,
  type NewSubscription,
  type Subscription,
  type SubscriptionChanges,
  writableFields,
} from './subscription.ts';
import { type EnsureOptions, type EnsureResult, ensure, type SyncOptions, sync } from './sync.ts';

/** Every call rejects with a `ShowpadApiError` where it fails. */
export interface SubscriptionsApi {
  /**
   * Creates a subscription. Save its key at once: Showpad never shows it again.
   *
   * Where the answer is lost it looks, before it tries again, whether the subscription is there; then it rejects
   * with the code `KEY_LOST` and that `subscription`, to be deleted and created again.
   */
  create(input: NewSubscription, options?: CallOptions): Promise<CreatedSubscription>;
  get(id: string, options?: CallOptions): Promise<Subscription>;
  /** Changes the fields that are given. Tried again like a read: twice makes what once does. */
  update(id: string, changes: SubscriptionChanges, options?: CallOptions): Promise<Subscription>;
  /** Deletes a subscription, and its logs with it. */
  delete(id: string, options?: CallOptions): Promise<void>;
  /** All of them. */
  list(options?: PageOptions): Promise<readonly Subscription[]>;
  /** As `list`, page by page as they are needed. */
  iterate(options?: PageOptions): AsyncGenerator<Subscription, void, undefined>;
  /** All that is kept of a subscription's delivery attempts, in Showpad's order. */
  logs(id: string, options?: PageOptions): Promise<readonly LogEntry[]>;
  /** As `logs`, page by page as they are needed. */
  iterateLogs(id: string, options?: PageOptions): AsyncGenerator<LogEntry, void, undefined>;
  /**
   * Makes one subscription what is wanted: creates it, updates it, or leaves it. Done only when `saveKey` has
   * resolved; where that fails it rejects with the code `KEY_NOT_SAVED`, that `subscription` and its `signatureKey`.
   */
  ensure(wanted: WantedSubscription, options: EnsureOptions): Promise<EnsureResult>;
  /**
   * Makes all subscriptions what is wanted, step by step, and resolves to the steps. After a failure the steps
   * before it are done: call it again to go on.
   */
  sync(desired: readonly WantedSubscription[], options: SyncOptions): Promise<readonly SyncStep[]>;
}

export interface ShowpadWebhooksClient {
  readonly subscriptions: SubscriptionsApi;
}

/**
 * Makes a client of Showpad's webhook subscriptions (docs/showpad.md, "Subscriptions"). It sends nothing before its
 * first call.
 *
 * @throws TypeError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { createShowpadWebhooksClient } from '@showpad-webhooks/client';
 * import { createEmulator } from '@showpad-webhooks/emulator';
 *
 * const emulator = await createEmulator();
 * const client = createShowpadWebhooksClient({
 *   baseUrl: `${emulator.url}/webhooks/v1`, // or subdomain: 'acme'
 *   auth: { type: 'personal-token', token: emulator.accessToken },
 * });
 * const { subscription, signatureKey } = await client.subscriptions.create({
 *   name: 'CRM',
 *   types: ['shared-space-created'],
 *   url: 'http://127.0.0.1:3000/webhooks/showpad',
 * });
 * console.log(subscription.name, signatureKey !== ''); // CRM true
 * await emulator.close();
 * ```
 */
export function createShowpadWebhooksClient(options: ShowpadWebhooksClientOptions): ShowpadWebhooksClient {
  const settings = readOptions(options);
  return { subscriptions: createSubscriptionsApi(createApi(settings), settings.mapping) };
}

function createSubscriptionsApi(api: Api, mapping: Mapping): SubscriptionsApi {
  const { readSubscription, readLogEntry } = mapping;

  const get = (id: string, options: CallOptions = {}) =>
    api({ ...options, method: 'GET', path: pathOf(id), read: readSubscription });
  const iterate = (options: PageOptions = {}) =>
    iteratePages(api, mapping, '/subscriptions', readSubscription, options);
  const iterateLogs = (id: string, options: PageOptions = {}) =>
    iteratePages(api, mapping, `${pathOf(id)}/logs`, readLogEntry, options);

  const calls: Omit<SubscriptionsApi, 'ensure' | 'sync'> = {
    create: async (input, options = {}) =>
      createSubscription(api, mapping, { ...options, input, list: () => toArray(iterate(options)) }),
    get: async (id, options) => get(id, options),
    async update(id, changes, options = {}) {
      const input =
        mapping.update === 'partial' ? changes : { ...writableFields(await get(id, options)), ...changes };
      return api({
        ...options,
        method: 'POST',
        path: pathOf(id),
        json: mapping.write(input),
        read: readSubscription,
      });
    },
    async delete(id, options = {}) {
      let mayBeGone = false;
      const look = async () => {
        mayBeGone = true;
      };
      try {
        await api({ ...options, method: 'DELETE', path: pathOf(id), read: () => undefined, look });
      } catch (error) {
        const isGone = mayBeGone && ShowpadApiError.isInstance(error) && error.status === 404;
        if (!isGone) throw error;
      }
    },
    list: async (options) => toArray(iterate(options)),
    iterate,
    logs: async (id, options) => toArray(iterateLogs(id, options)),
    iterateLogs,
  };
  return {
    ...calls,
    ensure: async (wanted, options) => ensure(calls, wanted, options),
    sync: async (desired, options) => sync(calls, desired, options),
  };
}

/** @throws TypeError for what would name another path */
function pathOf(id: string): string {
  if (typeof id !== 'string' || id === '' || id === '.' || id === '..') {
    throw new TypeError('id must be the id of a subscription.');
  }
  return `/subscriptions/${encodeURIComponent(id)}`;
}
