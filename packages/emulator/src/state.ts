import { type Assumptions, changeAssumptions } from './assumptions.ts';
import { type FaultRule, readRule } from './faults/rule.ts';
import { invalid } from './problem.ts';
import { readSubscriptionInput } from './subscription-input.ts';
import { newSignatureKey, type StoredSubscription } from './subscriptions.ts';
import type { Targets } from './targets.ts';
import type { StoredToken } from './tokens.ts';
import { ULID_PATTERN, ulid } from './ulid.ts';

/** What is exported, imported and kept in the state file: all but what was sent. */
export interface EmulatorState {
  readonly version: 1;
  /** A key is null where it was left out. */
  readonly subscriptions: readonly (Omit<StoredSubscription, 'signatureKey'> & {
    readonly signatureKey: string | null;
  })[];
  /** Absent where keys are left out. */
  readonly tokens?: readonly StoredToken[];
  readonly faults: readonly FaultRule[];
  readonly assumptions: Assumptions;
}

/** A state that was checked, whose subscriptions have their keys. */
export interface ReadState {
  readonly subscriptions: readonly StoredSubscription[];
  readonly tokens: readonly StoredToken[];
  readonly faults: readonly FaultRule[];
  readonly assumptions: Assumptions;
}

type Fields = Readonly<Record<string, unknown>>;

export interface StateRules {
  readonly targets: Targets;
  readonly assumptions: Assumptions;
  /** The key of a subscription that comes without one, where it is known. */
  readonly keyOf: (id: string) => string | undefined;
}

/** @throws EmulatorProblem 422 that names what is at fault */
export function readState(input: unknown, { targets, assumptions, keyOf }: StateRules): ReadState {
  const { version, subscriptions = [], tokens = [], faults = [], ...state } = (input ?? {}) as Fields;
  if (version !== 1)
    throw invalid([{ name: 'version', reason: 'must be 1: is this a state of the emulator?' }]);
  return {
    subscriptions: listOf('subscriptions', subscriptions).map((entry, index, all) => {
      const { id, createdAt, requestCount, lastStatus, signatureKey, ...fields } = entry;
      const name = `subscriptions[${index}]`;
      requireField(typeof id === 'string' && ULID_PATTERN.test(id), `${name}.id`, 'must be a ULID.');
      requireField(all.findIndex((other) => other.id === id) === index, `${name}.id`, 'is given twice.');
      requireField(isTime(createdAt), `${name}.createdAt`, 'must be unix time in ms.');
      const given = typeof signatureKey === 'string' ? { ...fields, signatureKey } : fields;
      const read = readSubscriptionInput(given, { targets, mayChooseKey: true }) as StoredSubscription;
      return {
        ...read,
        method: read.method ?? 'POST',
        headers: read.headers ?? [],
        id: id as string,
        createdAt: createdAt as number,
        requestCount: Number(requestCount) || 0,
        lastStatus: typeof lastStatus === 'number' ? lastStatus : null,
        signatureKey: read.signatureKey ?? keyOf(id as string) ?? newSignatureKey(),
      };
    }),
    tokens: listOf('tokens', tokens).map((token, index) => {
      const { id, kind, value, expiresAt } = token;
      const isToken =
        typeof id === 'string' &&
        (kind === 'access' || kind === 'refresh' || kind === 'code') &&
        typeof value === 'string' &&
        (expiresAt === null || typeof expiresAt === 'number');
      requireField(isToken, `tokens[${index}]`, 'must have id, kind, value and expiresAt.');
      return token as unknown as StoredToken;
    }),
    faults: listOf('faults', faults).map(({ id, ...rule }) => ({
      // A rule that is spent stays so, and would be no rule to add.
      ...readRule({ ...rule, count: rule.count === 0 ? null : rule.count }),
      ...(rule.count === 0 && { count: 0 }),
      id: typeof id === 'string' ? id : ulid(Date.now()),
    })),
    assumptions: changeAssumptions(assumptions, (state.assumptions ?? {}) as Fields),
  };
}

function listOf(name: string, value: unknown): readonly Fields[] {
  const isList = Array.isArray(value) && value.every((entry) => typeof entry === 'object' && entry !== null);
  requireField(isList, name, 'must be a list of objects.');
  return value as readonly Fields[];
}

/** What a date can be made of. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}

function requireField(holds: boolean, name: string, reason: string): void {
  if (!holds) throw invalid([{ name, reason }]);
}
