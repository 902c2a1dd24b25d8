/** The control API's resources, in the server's own types. Times are unix time in ms. */
export type { MismatchFinding as Finding } from '@showpad-webhooks/core/explain';
export type { EmulatorAssumption as Assumption } from '../../../src/assumptions.ts';
export type { CatalogueEntry } from '../../../src/catalogue.ts';
export type { ClockState as Clock } from '../../../src/clock.ts';
export type { Attempt } from '../../../src/delivery/attempt.ts';
export type { FaultKind } from '../../../src/faults/fault-kinds.ts';
export type { FaultApi, FaultParam } from '../../../src/faults/kinds.ts';
export type { FaultRule } from '../../../src/faults/rule.ts';
export type {
  CreatedEmulatorSubscription as CreatedSubscription,
  EmulatorHeader as Header,
  EmulatorSubscription as Subscription,
} from '../../../src/subscriptions.ts';
export type { MaskedToken as Token } from '../../../src/tokens.ts';

export type HeaderMap = Readonly<Record<string, string | readonly string[]>>;

export interface Info {
  readonly version: string;
  readonly url: string;
  readonly seed: number;
}
