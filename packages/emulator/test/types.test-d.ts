import type {
  ClockMode,
  DeliveryFaultAction,
  Emulator,
  EmulatorFieldProblem,
  EmulatorProblemCode,
  FaultAction,
  FaultRule,
  FaultRuleInput,
} from '@showpad-webhooks/emulator';
import { EmulatorProblem } from '@showpad-webhooks/emulator';
import { expectTypeOf } from 'vitest';

declare const emulator: Emulator;

// A rule names its kind, and only parameters of that kind, in their types.
emulator.faults.add({ api: 'delivery', action: { kind: 'delay', ms: 5 } });
emulator.faults.add({ api: 'oauth', match: { method: 'POST' }, action: { kind: 'rate-limit' } });
// @ts-expect-error: there is no such kind.
emulator.faults.add({ api: 'delivery', action: { kind: 'explode' } });
// @ts-expect-error: the parameter is a number.
emulator.faults.add({ api: 'delivery', action: { kind: 'delay', ms: '5' } });
// @ts-expect-error: the parameter belongs to another kind.
emulator.faults.add({ api: 'delivery', action: { kind: 'delay', seconds: 5 } });
// @ts-expect-error: the kind belongs to the APIs.
emulator.faults.add({ api: 'delivery', action: { kind: 'rate-limit' } });
// @ts-expect-error: a request to an API has no event type.
emulator.faults.add({ api: 'oauth', match: { type: 'any' }, action: { kind: 'forbidden' } });

expectTypeOf<Extract<FaultAction, { kind: 'garbage-header' }>>().toEqualTypeOf<{
  readonly kind: 'garbage-header';
  readonly header?: string;
  readonly value?: string;
}>();
expectTypeOf<Extract<DeliveryFaultAction, { kind: 'drop' }>>().toEqualTypeOf<{ readonly kind: 'drop' }>();
expectTypeOf<FaultAction['kind']>().toEqualTypeOf<FaultRuleInput['action']['kind']>();
expectTypeOf<FaultRule>().toExtend<FaultRuleInput & { readonly id: string; readonly count: number | null }>();

expectTypeOf<ClockMode>().toEqualTypeOf<'real' | 'manual'>();
declare const thrown: unknown;
if (EmulatorProblem.isInstance(thrown)) expectTypeOf(thrown.code).toEqualTypeOf<EmulatorProblemCode>();
if (EmulatorProblem.isInstance(thrown))
  expectTypeOf(thrown.meta).toEqualTypeOf<readonly EmulatorFieldProblem[]>();
