import { checkKnown } from '../check.ts';
import { ShowpadApiError } from '../error.ts';
import { CALL_OPTIONS, type CallOptions } from '../http/api.ts';
import { planSync, type SyncStep, type WantedSubscription } from './plan.ts';
import {
  type CreatedSubscription,
  type NewSubscription,
  type Subscription,
  type SubscriptionChanges,
  writableFields,
} from './subscription.ts';

/** Saves a new key where deliveries are verified. The client waits for it, because nobody can get a lost key back. */
export type SaveKey = (created: CreatedSubscription) => void | Promise<void>;

export interface EnsureOptions extends CallOptions {
  readonly saveKey: SaveKey;
}

export interface EnsureResult {
  readonly action: 'created' | 'updated' | 'unchanged';
  readonly subscription: Subscription;
}

export type SyncOptions = CallOptions & {
  /** Whether to delete subscriptions that are not wanted. A function decides for each one. Default false. */
  readonly prune?: boolean | ((subscription: Subscription) => boolean);
} & (
    | {
        /** If true, nothing is changed. Default false. */
        readonly dryRun: true;
        readonly saveKey?: SaveKey;
      }
    | { readonly dryRun?: boolean; readonly saveKey: SaveKey }
  );

/** The calls that a sync makes. */
export interface SyncCalls {
  create(input: NewSubscription, options: CallOptions): Promise<CreatedSubscription>;
  update(id: string, changes: SubscriptionChanges, options: CallOptions): Promise<Subscription>;
  delete(id: string, options: CallOptions): Promise<void>;
  list(options: CallOptions): Promise<readonly Subscription[]>;
}

const DONE = { create: 'created', update: 'updated', keep: 'unchanged' } as const;

export async function ensure(
  calls: SyncCalls,
  wanted: WantedSubscription,
  options: EnsureOptions,
): Promise<EnsureResult> {
  const { saveKey, ...callOptions } = options;
  checkKnown(options, { saveKey, ...CALL_OPTIONS });
  checkSaveKey(saveKey);
  const plan = planSync(await calls.list(callOptions), [wanted], () => false);
  // The step for the wanted subscription comes first: all others are ignored, and those come later.
  const step = plan[0] as Extract<SyncStep, { action: keyof typeof DONE }>;
  return { action: DONE[step.action], subscription: await apply(calls, step, saveKey, callOptions) };
}

export async function sync(
  calls: SyncCalls,
  wanted: readonly WantedSubscription[],
  options: SyncOptions,
): Promise<readonly SyncStep[]> {
  const { dryRun = false, prune = false, saveKey, ...callOptions } = options;
  checkKnown(options, { dryRun, prune, saveKey, ...CALL_OPTIONS });
  if (!dryRun) checkSaveKey(saveKey);
  const isPruned = typeof prune === 'function' ? prune : () => prune;
  const plan = planSync(await calls.list(callOptions), wanted, isPruned);
  if (!dryRun) {
    for (const step of plan) await apply(calls, step, saveKey as SaveKey, callOptions);
  }
  return plan;
}

/** Takes one step, and returns the subscription as it is after that, or as it was before it was deleted. */
async function apply(
  calls: SyncCalls,
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
      // All fields are sent, so that it works whether an update replaces the subscription or not.
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
    throw new ShowpadApiError(
      'KEY_NOT_SAVED',
      `Subscription ${subscription.id} was created, but saveKey failed.`,
      {
        hint:
          'See error.cause. Showpad does not show the key again: save error.signatureKey now, or delete the ' +
          'subscription and create it again.',
        subscription,
        signatureKey,
        cause,
      },
    );
  }
}

function checkSaveKey(saveKey: unknown): void {
  if (typeof saveKey === 'function') return;
  throw new TypeError('The option "saveKey" must be a function that saves the key of a new subscription.');
}
