export type { EventJson } from '@showpad-webhooks/core/testing';
export type { EmulatorAssumption, EmulatorAssumptions } from './assumptions.ts';
export type { ClockMode } from './clock.ts';
export type {
  Attempt,
  AttemptError,
  AttemptSignature,
  AttemptState,
  EmulatorNotification,
  FiredFault,
} from './delivery/attempt.ts';
export type { DeliveryFilter } from './delivery/waiters.ts';
export { createEmulator, type Emulator } from './emulator.ts';
export type { ReplayOptions, TriggerOptions } from './engine.ts';
export type { ApiFaultAction, DeliveryFaultAction, FaultAction, FaultApi } from './faults/kinds.ts';
export type { ApiFaultMatch, DeliveryFaultMatch, FaultRule, FaultRuleInput } from './faults/rule.ts';
export type { EmulatorOptions, OAuthOptions } from './options.ts';
export {
  type EmulatorFieldProblem,
  EmulatorProblem,
  type EmulatorProblemCode,
  type EmulatorProblemDetails,
} from './problem.ts';
export type { EmulatorSample } from './samples.ts';
export type {
  CreatedEmulatorSubscription,
  EmulatorHeader,
  EmulatorSubscription,
  EmulatorSubscriptionChanges,
  NewEmulatorSubscription,
} from './subscriptions.ts';
