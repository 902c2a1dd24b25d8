import type { FiredFault, Notification } from '../delivery/attempt.ts';
import type { Plan } from '../delivery/plan.ts';
import { notFound } from '../problem.ts';
import { createRandom, type Random } from '../random.ts';
import { ulid } from '../ulid.ts';
import type { ApiFault, FaultApi } from './actions.ts';
import { API_ACTIONS } from './api-actions.ts';
import { DELIVERY_ACTIONS } from './delivery-actions.ts';
import { type FaultRule, type FaultRuleInput, readRule } from './rule.ts';

interface ActiveRule {
  rule: FaultRule;
  /** Each rule has chances of its own: what one draws does not change another's. */
  readonly random: Random;
}

const DELIVERY = new Map(DELIVERY_ACTIONS.map(({ kind, apply }) => [kind, apply]));
const API = new Map(API_ACTIONS.map(({ kind, fault }) => [kind, fault]));
/** What makes further notifications, which must not multiply in turn. */
const MULTIPLIES = new Set(['duplicate', 'burst']);

/** The rules by which things break, the same way for the same seed, rules and order of requests. */
export class Faults {
  readonly #seed: number;
  readonly #publish: (rule: FaultRule) => void;
  #rules: ActiveRule[] = [];
  #made = 0;

  constructor(seed: number, publish: (rule: FaultRule) => void) {
    this.#seed = seed;
    this.#publish = publish;
  }

  /** @throws EmulatorProblem 422 */
  add(input: FaultRuleInput): FaultRule {
    const rule = { id: ulid(Date.now()), ...readRule(input) };
    this.#append(rule);
    this.#publish(rule);
    return rule;
  }

  list(): readonly FaultRule[] {
    return this.#rules.map(({ rule }) => rule);
  }

  /** @throws EmulatorProblem 404 */
  remove(id: string): void {
    const index = this.#rules.findIndex(({ rule }) => rule.id === id);
    if (index < 0) throw notFound('fault rule with this id');
    for (const { rule } of this.#rules.splice(index, 1)) this.#publish(rule);
  }

  clear(): void {
    for (const { rule } of this.#rules.splice(0)) this.#publish(rule);
  }

  /** As at the start: the next rules draw what the first drew. */
  reset(): void {
    this.#rules = [];
    this.#made = 0;
  }

  /** Changes the plan of one attempt; tells which rules did. */
  breakDelivery(
    plan: Plan,
    { type, subscriptionId }: Notification,
    attempt: number,
    mayMultiply: boolean,
  ): readonly FiredFault[] {
    const facts = { type, subscriptionId, attempt };
    return this.#fire('delivery', (rule) => {
      return (mayMultiply || !MULTIPLIES.has(rule.action.kind)) && matches(rule, facts);
    }).map(({ rule: { id, action }, random }) => {
      const { kind, ...params } = action;
      DELIVERY.get(kind)?.(plan, params as never, random);
      return { id, action: kind };
    });
  }

  /** What goes wrong with one request to the API. */
  breakApi(api: FaultApi, path: string, method: string): readonly ApiFault[] {
    return this.#fire(api, (rule) => matches(rule, { path, method })).flatMap(
      ({ rule: { action } }) => API.get(action.kind)?.(action as never) ?? [],
    );
  }

  /** As if they were the first. */
  replaceAll(rules: readonly FaultRule[]): void {
    this.reset();
    for (const rule of rules) this.#append(rule);
  }

  #append(rule: FaultRule): void {
    this.#rules.push({ rule, random: createRandom(`${this.#seed}:${this.#made++}`) });
  }

  #fire(api: FaultApi, isMatch: (rule: FaultRule) => boolean): readonly ActiveRule[] {
    return this.#rules.filter((active) => {
      const { rule, random } = active;
      if (rule.api !== api || rule.count === 0 || !isMatch(rule)) return false;
      if (random() >= rule.probability) return false;
      if (rule.count !== null) {
        active.rule = { ...rule, count: rule.count - 1 };
        this.#publish(active.rule);
      }
      return true;
    });
  }
}

function matches({ match }: FaultRule, facts: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(match).every(([name, wanted]) => {
    const fact = facts[name];
    if (name === 'method') return String(wanted).toUpperCase() === fact;
    if (name === 'path' && String(wanted).endsWith('*')) return String(fact).startsWith(wanted.slice(0, -1));
    return fact === wanted;
  });
}
