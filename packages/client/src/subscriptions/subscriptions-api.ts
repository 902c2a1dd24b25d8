import { checkKnown } from '../check.ts';
import { ShowpadApiError } from '../error.ts';
import { type Api, CALL_OPTIONS, type CallOptions } from '../http/api.ts';
import { iteratePages, type PageOptions, toArray } from '../http/pages.ts';
import { createSubscription } from './create.ts';
import type { Mapping } from './mapping.ts';
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

/** Every call that fails rejects with a `ShowpadApiError`. */
export interface SubscriptionsApi {
  /**
   * Creates a subscription. Save its key at once: Showpad never shows it again.
   *
   * If the response gets lost, the client checks whether the subscription exists before it tries again. If it does, the
   * call rejects with the code `KEY_LOST` and that `subscription`, which you should delete and create again.
   */
  create(input: NewSubscription, options?: CallOptions): Promise<CreatedSubscription>;
  get(id: string, options?: CallOptions): Promise<Subscription>;
  /** Changes the given fields. It is retried like a read, because setting a field twice does no harm. */
  update(id: string, changes: SubscriptionChanges, options?: CallOptions): Promise<Subscription>;
  /** Deletes a subscription and its logs. */
  delete(id: string, options?: CallOptions): Promise<void>;
  /** Returns all subscriptions. */
  list(options?: PageOptions): Promise<readonly Subscription[]>;
  /** Works like `list`, but requests each page when it is needed. */
  iterate(options?: PageOptions): AsyncGenerator<Subscription, void, undefined>;
  /** Returns all delivery attempts of a subscription that Showpad has, in Showpad's order. */
  logs(id: string, options?: PageOptions): Promise<readonly LogEntry[]>;
  /** Works like `logs`, but requests each page when it is needed. */
  iterateLogs(id: string, options?: PageOptions): AsyncGenerator<LogEntry, void, undefined>;
  /**
   * Creates or updates one subscription, or leaves it as it is, so that it is as wanted. It waits until `saveKey` has
   * resolved. If `saveKey` fails, the call rejects with the code `KEY_NOT_SAVED`, the `subscription` and its
   * `signatureKey`.
   */
  ensure(wanted: WantedSubscription, options: EnsureOptions): Promise<EnsureResult>;
  /**
   * Does the same for a list of subscriptions, one after the other, and returns the steps. If a step fails, the steps
   * before it are done. Call it again to continue.
   */
  sync(wanted: readonly WantedSubscription[], options: SyncOptions): Promise<readonly SyncStep[]>;
}

export function createSubscriptionsApi(api: Api, mapping: Mapping): SubscriptionsApi {
  const { readSubscription, readLogEntry } = mapping;

  const get = (id: string, options: CallOptions = {}) => {
    checkKnown(options, CALL_OPTIONS);
    return api({ ...options, method: 'GET', path: pathOf(id), read: readSubscription });
  };
  const iterate = (options: PageOptions = {}) =>
    iteratePages(api, mapping, '/subscriptions', readSubscription, options);
  const iterateLogs = (id: string, options: PageOptions = {}) =>
    iteratePages(api, mapping, `${pathOf(id)}/logs`, readLogEntry, options);

  const calls: Omit<SubscriptionsApi, 'ensure' | 'sync'> = {
    async create(input, options = {}) {
      checkKnown(options, CALL_OPTIONS);
      return createSubscription(api, mapping, { ...options, input, list: () => toArray(iterate(options)) });
    },
    get: async (id, options) => get(id, options),
    async update(id, changes, options = {}) {
      checkKnown(options, CALL_OPTIONS);
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
      checkKnown(options, CALL_OPTIONS);
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
    sync: async (wanted, options) => sync(calls, wanted, options),
  };
}

/** @throws TypeError for an id that would lead to another path. */
function pathOf(id: string): string {
  if (typeof id !== 'string' || id === '' || id === '.' || id === '..') {
    throw new TypeError('The id must be the id of a subscription.');
  }
  return `/subscriptions/${encodeURIComponent(id)}`;
}
