import type { ApiError } from '@showpad-webhooks/ui/state/api.ts';
import { createStore, type Store } from '@showpad-webhooks/ui/state/store.ts';
import type { StatusView } from '../../../src/api/views.ts';
import type { Sample } from '../../../src/sampler.ts';

/** What the page knows of the inbox. */
export interface State {
  readonly connection: 'connecting' | 'live' | 'lost';
  /** Why there is no status, or no newer one. */
  readonly failure: ApiError | undefined;
  readonly status: StatusView | undefined;
  /** What the plots are drawn from, oldest first. The last one is the inbox as it is now. */
  readonly samples: readonly Sample[];
}

const store: Store<State> = createStore<State>({
  connection: 'connecting',
  failure: undefined,
  status: undefined,
  samples: [],
});

export const getState: Store<State>['getState'] = store.getState;
export const update: Store<State>['update'] = store.update;
export const useStore: Store<State>['useStore'] = store.useStore;
