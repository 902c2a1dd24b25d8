/** What changed, as the control API's stream names it. */
export type ChangeKind =
  | 'subscription'
  | 'attempt'
  | 'fault'
  | 'clock'
  | 'assumption'
  | 'token'
  | 'sample'
  | 'reset';

/** Receives a change. `read` returns its JSON, so that it is only made if somebody needs it. */
export type ChangeListener = (kind: ChangeKind, read: () => unknown) => void;

/** Tells every listener what has changed. */
export class Hub {
  readonly #listeners = new Set<ChangeListener>();

  /** Returns a function that removes the listener. */
  listen(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly publish = (kind: ChangeKind, read: () => unknown): void => {
    for (const listener of this.#listeners) listener(kind, read);
  };
}
