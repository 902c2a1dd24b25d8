import type { CallOptions } from './api.ts';
import type { SubscriptionsApi } from './client.ts';
import { clientError } from './error.ts';
import { planSync, type SyncStep, type WantedSubscription } from './plan.ts';
import { type CreatedSubscription, type Subscription, writableFields } from './subscription.ts';

/** Keeps a new key where deliveries are verified. Awaited, since a key that is lost is lost for good. */
export type SaveKey = (created: CreatedSubscription) => void | Promise<void>;

export interface EnsureOptions extends CallOptions {
  readonly saveKey: SaveKey;
}

export interface EnsureResult {
  readonly action: 'created' | 'updated' | 'unchanged';
  readonly subscription: Subscription;
}

export type SyncOptions = CallOptions & {
  /** Whether to delete what is not wanted: all of it, or what this says. Default false. */
  readonly prune?: boolean | ((subscription: Subscription) => boolean);
} & (
    | {
        /** True: changes nothing. Default false. */
        readonly dryRun: true;
        readonly saveKey?: SaveKey;
      }
    | { readonly dryRun?: boolean; readonly saveKey: SaveKey }
  );

type Calls = Pick<SubscriptionsApi, 'create' | 'update' | 'delete' | 'list'>;

const DONE = { create: 'created', update: 'updated', keep: 'unchanged' } as const;

export async function ensure(
  calls: Calls,
  wanted: WantedSubscription,
  { saveKey, ...options }: EnsureOptions,
): Promise<EnsureResult> {
  checkSaveKey(saveKey);
  const plan = planSync(await calls.list(options), [wanted], () => false);
  // The first: what is not wanted comes after.
  const step = plan[0] as Extract<SyncStep, { action: keyof typeof DONE }>;
  return { action: DONE[step.action], subscription: await apply(calls, step, saveKey, options) };
}

export async function sync(
  calls: Calls,
  desired: readonly WantedSubscription[],
  { dryRun = false, prune = false, saveKey, ...options }: SyncOptions,
): Promise<readonly SyncStep[]> {
  if (!dryRun) checkSaveKey(saveKey);
  const isPruned = typeof prune === 'function' ? prune : () => prune;
  const plan = planSync(await calls.list(options), desired, isPruned);
  if (!dryRun) {
    for (const step of plan) await apply(calls, step, saveKey as SaveKey, options);
  }
  return plan;
}

/** Does one step, and gives the subscription as it then is, or was. */
async function apply(
  calls: Calls,
  step: SyncStep,
  saveKey: SaveKey,
  options: CallOptions,
): Promise<Subscription> {
  switch (step.action) {
    case 'create': {
      const created = await calls.create(step.input, options);
      await save(created, saveKey);
      return created.subscription;
    }
    case 'update': {
      // Every field, whether an update replaces or not.
      const { id } = step.subscription;
      return calls.update(id, { ...writableFields(step.subscription), ...step.changes }, options);
    }
    case 'delete':
      await calls.delete(step.subscription.id, options);
      return step.subscription;
    default:
      return step.subscription;
  }
}

/** @throws ShowpadApiError `KEY_NOT_SAVED` */
async function save(created: CreatedSubscription, saveKey: SaveKey): Promise<void> {
  try {
    await saveKey(created);
  } catch (cause) {
    const { subscription, signatureKey } = created;
    const detail =
      `${subscription.id} is there, and its key is now known to nobody unless saveKey saved it all the same: ` +
      'keep the signatureKey of this error, or delete the subscription and create it again.';
    const further = { subscription, signatureKey, cause };
    throw clientError('KEY_NOT_SAVED', 'A subscription was created, and saveKey failed', detail, further);
  }
}

function checkSaveKey(saveKey: unknown): void {
  if (typeof saveKey === 'function') return;
  throw new TypeError('saveKey must be a function that saves the key of a subscription that is created.');
}
