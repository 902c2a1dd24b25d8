/** What changed, as the control API's stream names it. */
export type ChangeKind = 'subscription' | 'attempt' | 'fault' | 'clock' | 'assumption' | 'token' | 'reset';

/** Takes a change; `read` makes its JSON, for those who want it. */
export type ChangeListener = (kind: ChangeKind, read: () => unknown) => void;

/** Tells everyone who listens what has changed. */
export class Hub {
  readonly #listeners = new Set<ChangeListener>();

  /** The function returned ends it. */
  listen(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly publish = (kind: ChangeKind, read: () => unknown): void => {
    for (const listener of this.#listeners) listener(kind, read);
  };
}
