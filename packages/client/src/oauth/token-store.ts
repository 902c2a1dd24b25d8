/** The tokens of an OAuth grant. */
export interface TokenSet {
  readonly accessToken: string;
  /** It works once: the response to its use contains the next one. */
  readonly refreshToken?: string;
  /** Unix time in milliseconds. */
  readonly expiresAtMs: number;
}

/**
 * Keeps tokens. Anyone who has them can call the API as you, so store them as carefully as a password.
 *
 * If several processes share a store, two of them must not use the same refresh token. Implement `lock` then.
 */
export interface TokenStore {
  get(): TokenSet | undefined | Promise<TokenSet | undefined>;
  /** The client waits for it before it uses the new access token, because the old refresh token no longer works. */
  set(tokens: TokenSet): void | Promise<void>;
  /** Runs a get, a refresh and a set while no other process does. Default: it only runs them. */
  lock?<Result>(run: () => Promise<Result>): Promise<Result>;
}

/**
 * Keeps tokens until the process ends. A client does this by default. Several clients may share one store.
 *
 * @example
 * ```ts
 * import { createMemoryTokenStore } from '@showpad-webhooks/client';
 *
 * const store = createMemoryTokenStore();
 * await store.set({ accessToken: 'an-access-token', expiresAtMs: Date.now() + 3_600_000 });
 * console.log(Object.keys((await store.get()) ?? {})); // [ 'accessToken', 'expiresAtMs' ]
 * ```
 */
export function createMemoryTokenStore(): TokenStore {
  let tokens: TokenSet | undefined;
  let previous: Promise<unknown> = Promise.resolve();
  return {
    get: () => tokens,
    set(changed) {
      tokens = changed;
    },
    lock(run) {
      const result = previous.then(run);
      previous = result.catch(() => {});
      return result;
    },
  };
}
