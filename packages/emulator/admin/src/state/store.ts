import { createStore, type Store } from '@showpad-webhooks/ui/state/store.ts';
import type {
  Assumption,
  Attempt,
  CatalogueEntry,
  Clock,
  FaultKind,
  FaultRule,
  Info,
  Subscription,
  Token,
} from './resources.ts';

/** What the page knows of the emulator. */
export interface State {
  readonly connection: 'connecting' | 'live' | 'lost';
  readonly info: Info | undefined;
  readonly clock: Clock | undefined;
  readonly catalogue: readonly CatalogueEntry[];
  /** The key that a new webhook gets, unless another one is entered: the emulator's SHOWPAD_SIGNATURE_KEY. */
  readonly suggestedKey: { readonly signatureKey: string | null };
  readonly subscriptions: readonly Subscription[];
  readonly attempts: ReadonlyMap<string, Attempt>;
  /** The attempt that ended last. */
  readonly latest: Attempt | undefined;
  /** The cursor of the attempts that are older than these. Null if there are none to load. */
  readonly olderAttempts: string | null;
  /** Whether the page has dropped the oldest attempts. The emulator still has them. */
  readonly isTrimmed: boolean;
  readonly faults: readonly FaultRule[];
  readonly faultKinds: readonly FaultKind[];
  readonly tokens: readonly Token[];
  readonly assumptions: readonly Assumption[];
}

const store: Store<State> = createStore<State>({
  connection: 'connecting',
  info: undefined,
  clock: undefined,
  catalogue: [],
  suggestedKey: { signatureKey: null },
  subscriptions: [],
  attempts: new Map(),
  latest: undefined,
  olderAttempts: null,
  isTrimmed: false,
  faults: [],
  faultKinds: [],
  tokens: [],
  assumptions: [],
});

export const getState: Store<State>['getState'] = store.getState;
export const update: Store<State>['update'] = store.update;
export const useStore: Store<State>['useStore'] = store.useStore;
