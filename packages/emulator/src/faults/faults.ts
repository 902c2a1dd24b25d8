import type { EmulatorNotification, FiredFault } from '../delivery/attempt.ts';
import type { Plan } from '../delivery/plan.ts';
import { notFound } from '../problem.ts';
import { createRandom, type Random } from '../random.ts';
import { ulid } from '../ulid.ts';
import { API_FAULTS, type ApiEffect } from './api-faults.ts';
import { DELIVERY_FAULTS } from './delivery-faults.ts';
import type { ApiKinds, DeliveryKinds, FaultApi } from './kinds.ts';
import { type FaultRule, type FaultRuleInput, readRule } from './rule.ts';

interface ActiveRule {
  rule: FaultRule;
  /** Each rule has random numbers of its own, so that one rule does not change what another does. */
  readonly random: Random;
}

/** These create further notifications, which must not multiply in turn. */
const MULTIPLIES = new Set(['duplicate', 'burst']);

/** The active rules. With the same seed, rules and order of requests, the same things break. */
export class Faults {
  readonly #seed: number;
  readonly #publish: (rule: FaultRule) => void;
  #rules: ActiveRule[] = [];
  #made = 0;

  constructor(seed: number, publish: (rule: FaultRule) => void) {
    this.#seed = seed;
    this.#publish = publish;
  }

  /** @throws EmulatorProblem `INPUT_INVALID` */
  add(input: FaultRuleInput): FaultRule {
    const rule: FaultRule = { id: ulid(Date.now()), ...readRule(input) };
    this.#append(rule);
    this.#publish(rule);
    return rule;
  }

  list(): readonly FaultRule[] {
    return this.#rules.map(({ rule }) => rule);
  }

  /** @throws EmulatorProblem `NOT_FOUND` */
  remove(id: string): void {
    const index = this.#rules.findIndex(({ rule }) => rule.id === id);
    if (index < 0) throw notFound('fault rule with this id');
    for (const { rule } of this.#rules.splice(index, 1)) this.#publish(rule);
  }

  clear(): void {
    for (const { rule } of this.#rules.splice(0)) this.#publish(rule);
  }

  /** Starts again: the next rules get the random numbers that the first rules got. */
  reset(): void {
    this.#rules = [];
    this.#made = 0;
  }

  /** Changes the plan of one attempt. Returns the rules that changed it. */
  breakDelivery(
    plan: Plan,
    { type, subscriptionId }: EmulatorNotification,
    attempt: number,
    mayMultiply: boolean,
  ): readonly FiredFault[] {
    const facts = { type, subscriptionId, attempt };
    return this.#fire('delivery', (rule) => {
      return (mayMultiply || !MULTIPLIES.has(rule.action.kind)) && matches(rule, facts);
    }).map(({ rule: { id, action }, random }) => {
      const { kind, ...params } = action;
      DELIVERY_FAULTS[kind as keyof DeliveryKinds].apply(plan, params as never, random);
      return { id, action: kind };
    });
  }

  /** What goes wrong with one request to the API. */
  breakApi(api: FaultApi, path: string, method: string): readonly ApiEffect[] {
    return this.#fire(api, (rule) => matches(rule, { path, method })).map(({ rule: { action } }) =>
      API_FAULTS[action.kind as keyof ApiKinds].effect(action as never),
    );
  }

  /** Makes these the only rules, as if they had been added after a reset. */
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
