import { useEffect, useState } from 'preact/hooks';

/** What a page knows, and who renders again when it changes. */
export interface Store<State> {
  getState(): State;
  update(change: Partial<State>): void;
  /** Returns one part of the state, and renders again when it changes. */
  useStore<Key extends keyof State>(key: Key): State[Key];
}

export function createStore<State extends object>(initial: State): Store<State> {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    getState: () => state,
    update(change) {
      state = { ...state, ...change };
      for (const listener of listeners) listener();
    },
    useStore(key) {
      const [value, setValue] = useState(() => state[key]);
      useEffect(() => {
        const listener = () => setValue(() => state[key]);
        listener(); // The state may have changed between the first render and this effect.
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
        };
      }, [key]);
      return value;
    },
  };
}
