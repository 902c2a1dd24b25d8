import type { EventJson } from '@showpad-webhooks/core/testing';
import * as v from 'valibot';
import { changeAssumptions, type EmulatorAssumptions } from './assumptions.ts';
import { type FaultRule, STORED_RULE } from './faults/rule.ts';
import { anyObject, checkInput, fields } from './input.ts';
import { type EmulatorSample, SAMPLE } from './samples.ts';
import { storedSubscription } from './subscription-input.ts';
import { newSignatureKey, type StoredSubscription } from './subscriptions.ts';
import type { Targets } from './targets.ts';
import type { StoredToken } from './tokens.ts';

/** What an export and the state file contain: everything except what was sent. */
export interface EmulatorState {
  readonly version: 1;
  /** A key that was left out is null. */
  readonly subscriptions: readonly (Omit<StoredSubscription, 'signatureKey'> & {
    readonly signatureKey: string | null;
  })[];
  /** Left out together with the keys. */
  readonly tokens?: readonly StoredToken[];
  /** The samples that were added while the emulator ran. */
  readonly samples: readonly EventJson[];
  readonly faults: readonly FaultRule[];
  readonly assumptions: EmulatorAssumptions;
}

/** A checked state, in which every subscription has a key. */
export interface ReadState {
  readonly subscriptions: readonly StoredSubscription[];
  readonly tokens: readonly StoredToken[];
  readonly samples: readonly EmulatorSample[];
  readonly faults: readonly FaultRule[];
  readonly assumptions: EmulatorAssumptions;
}

export interface StateRules {
  readonly targets: Targets;
  readonly assumptions: EmulatorAssumptions;
  /** The key of a subscription that comes without one, if it is known. */
  readonly keyOf: (id: string) => string | undefined;
}

const TOKEN = fields({
  id: v.string(),
  kind: v.picklist(['access', 'refresh', 'code']),
  value: v.string(),
  expiresAt: v.nullable(v.number()),
  redirectUri: v.exactOptional(v.string()),
});

/** @throws EmulatorProblem `INPUT_INVALID` that names each wrong field */
export function readState(input: unknown, { targets, assumptions, keyOf }: StateRules): ReadState {
  const schema = fields({
    version: v.literal(1),
    subscriptions: v.optional(
      v.pipe(
        v.array(storedSubscription(targets)),
        v.checkItems(
          ({ id }, index, all) => all.findIndex((other) => other.id === id) === index,
          'has the id of another subscription.',
        ),
      ),
      [],
    ),
    tokens: v.optional(v.array(TOKEN), []),
    samples: v.optional(v.array(SAMPLE), []),
    faults: v.optional(v.array(STORED_RULE), []),
    assumptions: v.optional(anyObject(), {}),
  });
  const state = checkInput(schema, input);
  return {
    ...state,
    subscriptions: state.subscriptions.map((subscription) => ({
      ...subscription,
      signatureKey: subscription.signatureKey ?? keyOf(subscription.id) ?? newSignatureKey(),
    })),
    assumptions: changeAssumptions(assumptions, state.assumptions),
  };
}
