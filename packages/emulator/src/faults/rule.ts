import { isHeaderText } from '../assumptions.ts';
import { type FieldProblem, invalid } from '../problem.ts';
import type { FaultApi, FaultKind, FaultParams } from './actions.ts';
import { API_ACTIONS } from './api-actions.ts';
import { DELIVERY_ACTIONS } from './delivery-actions.ts';

/** What a rule looks at; what is left out matches everything. */
export interface FaultMatch {
  /** Of a delivery. */
  readonly type?: string;
  readonly subscriptionId?: string;
  /** 1 to 4. */
  readonly attempt?: number;
  /** Of a request to the API: its whole path, or its beginning where it ends in `*`. */
  readonly path?: string;
  readonly method?: string;
}

export interface FaultRuleInput {
  readonly api: FaultApi;
  /** Default: everything. */
  readonly match?: FaultMatch;
  /** From 0 to 1, the default. */
  readonly probability?: number;
  /** How often it may fire; null, the default, is without end. */
  readonly count?: number | null;
  /** A kind of fault, and its parameters where they are not the defaults. */
  readonly action: { readonly kind: string; readonly [param: string]: unknown };
}

export interface FaultRule extends Required<FaultRuleInput> {
  readonly id: string;
  /** How often it may still fire. */
  readonly count: number | null;
}

const describe = ({ kind, description, params }: Omit<FaultKind, 'api'>, api: FaultApi): FaultKind => ({
  kind,
  api,
  description,
  params,
});

/** Every kind of fault, by where it can be used. */
export const FAULT_KINDS: readonly FaultKind[] = [
  ...DELIVERY_ACTIONS.map((action) => describe(action, 'delivery')),
  ...(['oauth', 'subscriptions'] as const).flatMap((api) =>
    API_ACTIONS.map((action) => describe(action, api)),
  ),
];

const APIS: readonly unknown[] = ['delivery', 'oauth', 'subscriptions'];
const MATCHED: Readonly<Record<FaultApi, Readonly<Record<string, 'string' | 'number'>>>> = {
  delivery: { type: 'string', subscriptionId: 'string', attempt: 'number' },
  oauth: { path: 'string', method: 'string' },
  subscriptions: { path: 'string', method: 'string' },
};
const FIELDS = ['api', 'match', 'probability', 'count', 'action'];

/** From where to where each numeric parameter makes sense, and does no harm to the machine. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  ms: [0, 86_400_000],
  afterMs: [0, 86_400_000],
  atMostMs: [0, 86_400_000],
  medianMs: [0, 86_400_000],
  maxMs: [0, 86_400_000],
  sigma: [0, 10],
  chunkBytes: [1, 1_000_000],
  pauseMs: [0, 60_000],
  keptPart: [0, 1],
  copies: [1, 1_000],
  events: [1, 1_000],
  bytes: [0, 50_000_000],
  seconds: [-100_000_000, 100_000_000],
  retryAfterSeconds: [0, 86_400],
  status: [500, 599],
};

/** All others are whole. */
const FRACTIONS = new Set(['sigma', 'keptPart']);

/** @throws EmulatorProblem 422 that names each field at fault. */
export function readRule(input: unknown): Omit<FaultRule, 'id'> {
  if (typeof input !== 'object' || input === null) {
    throw invalid([{ name: 'body', reason: 'must be an object with api and action.' }]);
  }
  const { api, match = {}, probability = 1, count = null, action } = input as Partial<FaultRuleInput>;
  const problems: FieldProblem[] = Object.keys(input)
    .filter((name) => !FIELDS.includes(name))
    .map((name) => ({ name, reason: `is unknown. Known: ${FIELDS.join(', ')}.` }));
  const fail = (name: string, reason: string) => problems.push({ name, reason });
  if (!(typeof probability === 'number' && probability >= 0 && probability <= 1)) {
    fail('probability', 'must be a number from 0 to 1.');
  }
  if (count !== null && !(Number.isInteger(count) && count >= 1)) {
    fail('count', 'must be a whole number from 1, or null for no end.');
  }
  if (!APIS.includes(api))
    throw invalid([...problems, { name: 'api', reason: `must be one of: ${APIS.join(', ')}.` }]);
  problems.push(...matchProblems(match, MATCHED[api as FaultApi]));
  const kinds = FAULT_KINDS.filter((each) => each.api === api);
  const { kind, ...params } = action ?? { kind: '' };
  const found = kinds.find((each) => each.kind === kind);
  if (!found) fail('action.kind', `must be one of: ${kinds.map((each) => each.kind).join(', ')}.`);
  else problems.push(...paramProblems(params, found.params));
  if (problems.length > 0) throw invalid(problems);
  return {
    api: api as FaultApi,
    match,
    probability,
    count,
    action: { kind, ...(found as FaultKind).params, ...params },
  };
}

function matchProblems(match: unknown, known: Readonly<Record<string, string>>): FieldProblem[] {
  if (typeof match !== 'object' || match === null) return [{ name: 'match', reason: 'must be an object.' }];
  return Object.entries(match).flatMap(([name, value]) => {
    if (!Object.hasOwn(known, name)) {
      return [{ name: `match.${name}`, reason: `is unknown here. Known: ${Object.keys(known).join(', ')}.` }];
    }
    return typeof value === known[name]
      ? []
      : [{ name: `match.${name}`, reason: `must be a ${known[name]}.` }];
  });
}

function paramProblems(params: Readonly<Record<string, unknown>>, defaults: FaultParams): FieldProblem[] {
  return Object.entries(params).flatMap(([name, value]) => {
    const reason = Object.hasOwn(defaults, name)
      ? reasonAgainst(name, value, typeof defaults[name])
      : `is unknown. Known: ${Object.keys(defaults).join(', ') || 'none'}.`;
    return reason ? [{ name: `action.${name}`, reason }] : [];
  });
}

function reasonAgainst(name: string, value: unknown, type: string): string | undefined {
  if (type === 'string') {
    if (typeof value !== 'string') return 'must be text.';
    if (name === 'header' && !/^[\w-]+$/.test(value)) return 'must be a header’s name.';
    return name === 'value' && !isHeaderText(value) ? 'must be visible ASCII text.' : undefined;
  }
  const [least, most] = RANGES[name] as readonly [number, number];
  const isWhole = !FRACTIONS.has(name);
  const isNumber = isWhole ? Number.isInteger(value) : typeof value === 'number';
  if (isNumber && Number(value) >= least && Number(value) <= most) return undefined;
  return `must be a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}.`;
}
