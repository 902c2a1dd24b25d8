import type { Plan } from '../delivery/plan.ts';
import type { Random } from '../random.ts';

export type FaultApi = 'delivery' | 'oauth' | 'subscriptions';
export type FaultParams = Readonly<Record<string, string | number | null>>;

/** One kind of fault: what a rule may ask for. */
export interface FaultKind {
  readonly kind: string;
  readonly api: FaultApi;
  readonly description: string;
  /** The defaults; a rule's own have the same types. Times are in ms where the name ends so. */
  readonly params: FaultParams;
}

/** What a fault does to an answer of the API. */
export interface ApiFault {
  readonly latencyMs?: number;
  readonly isTokenExpired?: boolean;
  readonly isAnswerLost?: boolean;
  readonly refusal?: {
    readonly status: number;
    readonly title: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

export type DeliveryAction = Omit<FaultKind, 'api'> & {
  readonly apply: (plan: Plan, params: never, random: Random) => void;
};
export type ApiAction = Omit<FaultKind, 'api'> & {
  readonly fault: (params: never) => ApiFault;
};
