import * as v from 'valibot';
import { checkInput, fields, headerText, numberFrom, wholeNumber } from '../input.ts';
import { ulid } from '../ulid.ts';
import {
  API_KINDS,
  type ApiFaultAction,
  DELIVERY_KINDS,
  type DeliveryFaultAction,
  type FaultParam,
} from './kinds.ts';

/** Which deliveries a rule applies to. A field that is left out matches everything. */
export interface DeliveryFaultMatch {
  readonly type?: string;
  readonly subscriptionId?: string;
  /** 1 is the first attempt. */
  readonly attempt?: number;
}

/** Which requests to the API a rule applies to. A field that is left out matches everything. */
export interface ApiFaultMatch {
  /** The whole path, or its beginning followed by `*`. */
  readonly path?: string;
  readonly method?: string;
}

interface DeliveryRule {
  readonly api: 'delivery';
  /** Default: every delivery. */
  readonly match?: DeliveryFaultMatch;
  readonly action: DeliveryFaultAction;
}

interface ApiRule {
  readonly api: 'oauth' | 'subscriptions';
  /** Default: every request. */
  readonly match?: ApiFaultMatch;
  readonly action: ApiFaultAction;
}

export type FaultRuleInput = (DeliveryRule | ApiRule) & {
  /** From 0 to 1. Default 1. */
  readonly probability?: number;
  /** How many times the rule may fire. Default null: without limit. */
  readonly count?: number | null;
};

/** A rule with its defaults filled in. `count` is how many times it may still fire. */
export type FaultRule = Required<FaultRuleInput> & { readonly id: string };

const DAY_MS = 86_400_000;

/** What each parameter may be, so that it makes sense and does not harm the machine. */
const PARAMS: Readonly<Record<FaultParam, v.GenericSchema<string | number>>> = {
  ms: wholeNumber(0, DAY_MS),
  afterMs: wholeNumber(0, DAY_MS),
  atMostMs: wholeNumber(0, DAY_MS),
  medianMs: wholeNumber(0, DAY_MS),
  maxMs: wholeNumber(0, DAY_MS),
  sigma: numberFrom(0, 10),
  chunkBytes: wholeNumber(1, 1_000_000),
  pauseMs: wholeNumber(0, 60_000),
  keptPart: numberFrom(0, 1),
  copies: wholeNumber(1, 1_000),
  events: wholeNumber(1, 1_000),
  bytes: wholeNumber(0, 50_000_000),
  seconds: wholeNumber(-100_000_000, 100_000_000),
  retryAfterSeconds: wholeNumber(0, 86_400),
  status: wholeNumber(500, 599),
  header: v.pipe(v.string(), v.regex(/^[\w-]+$/, 'must be the name of a header.')),
  value: headerText(),
  type: v.string(),
  time: v.string(),
  text: v.string(),
};

const NEW_RULE: v.GenericSchema<unknown, Required<FaultRuleInput>> = ruleWith({
  count: v.optional(v.nullable(wholeNumber(1)), null),
});

/** A rule of an exported state. One that has fired as often as it may has a count of 0. */
export const STORED_RULE: v.GenericSchema<unknown, FaultRule> = ruleWith({
  count: v.optional(v.nullable(wholeNumber(0)), null),
  id: v.optional(v.string(), () => ulid(Date.now())),
});

/** @throws EmulatorProblem `INPUT_INVALID` that names each wrong field */
export function readRule(input: unknown): Required<FaultRuleInput> {
  return checkInput(NEW_RULE, input);
}

function ruleWith<Rule>(further: v.ObjectEntries): v.GenericSchema<unknown, Rule> {
  const text = v.exactOptional(v.string());
  const deliveryMatch = fields({
    type: text,
    subscriptionId: text,
    attempt: v.exactOptional(wholeNumber(1)),
  });
  const apiMatch = fields({ path: text, method: text });
  const settings = { probability: v.optional(numberFrom(0, 1), 1), ...further };
  const delivery = fields({
    api: v.literal('delivery'),
    match: v.optional(deliveryMatch, {}),
    action: actionOf(DELIVERY_KINDS),
    ...settings,
  });
  const api = fields({
    api: v.picklist(['oauth', 'subscriptions']),
    match: v.optional(apiMatch, {}),
    action: actionOf(API_KINDS),
    ...settings,
  });
  return v.variant('api', [delivery, api]) as unknown as v.GenericSchema<unknown, Rule>;
}

type ParamTable = Readonly<Record<string, Readonly<Record<string, string | number>>>>;

/** A kind of fault with its parameters. */
function actionOf(kinds: ParamTable): v.GenericSchema {
  const actions = Object.entries(kinds).map(([kind, params]) =>
    fields({ kind: v.literal(kind), ...withDefaults(params) }),
  );
  return v.variant('kind', actions);
}

function withDefaults(params: ParamTable[string]): v.ObjectEntries {
  return Object.fromEntries(
    Object.entries(params).map(([name, preset]) => [name, v.optional(PARAMS[name as FaultParam], preset)]),
  );
}
