import { API_FAULTS } from './api-faults.ts';
import { DELIVERY_FAULTS } from './delivery-faults.ts';
import { API_KINDS, DELIVERY_KINDS, type FaultApi } from './kinds.ts';

/** One kind of fault that a rule can ask for, as the control API lists it. */
export interface FaultKind {
  readonly kind: string;
  readonly api: FaultApi;
  readonly description: string;
  /** The parameters with their defaults. */
  readonly params: Readonly<Record<string, string | number>>;
}

type Table<Entry> = Readonly<Record<string, Entry>>;

/** Every kind of fault, for each API it can be used with. */
export const FAULT_KINDS: readonly FaultKind[] = [
  ...listKinds('delivery', DELIVERY_KINDS, DELIVERY_FAULTS),
  ...listKinds('oauth', API_KINDS, API_FAULTS),
  ...listKinds('subscriptions', API_KINDS, API_FAULTS),
];

function listKinds(
  api: FaultApi,
  kinds: Table<FaultKind['params']>,
  faults: Table<{ readonly description: string }>,
): FaultKind[] {
  return Object.entries(kinds).map(([kind, params]) => ({
    kind,
    api,
    description: faults[kind]?.description ?? '',
    params,
  }));
}
