export type { Assumption, Assumptions } from './assumptions.ts';
export type { Attempt, AttemptError, AttemptState, FiredFault, Notification } from './delivery/attempt.ts';
export type { DeliveryFilter } from './delivery/waiters.ts';
export { createEmulator, type Emulator } from './emulator.ts';
export type { ReplayOptions, TriggerOptions } from './engine.ts';
export type { FaultApi } from './faults/actions.ts';
export type { FaultMatch, FaultRule, FaultRuleInput } from './faults/rule.ts';
export type { EmulatorOptions, OAuthOptions } from './options.ts';
export { EmulatorProblem, type FieldProblem } from './problem.ts';
export type {
  CreatedSubscription,
  Header,
  NewSubscription,
  Subscription,
  SubscriptionInput,
} from './subscriptions.ts';
