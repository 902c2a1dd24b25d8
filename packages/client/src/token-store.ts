/** What an OAuth grant gave. */
export interface TokenSet {
  readonly accessToken: string;
  /** Good once: the answer that spends it brings the next. */
  readonly refreshToken?: string;
  /** Unix time in ms. */
  readonly expiresAtMs: number;
}

/**
 * Where tokens are kept. They let whoever holds them in: keep them as you would a password.
 *
 * Several processes that share a store must not spend the same refresh token: then `lock` must let one at a time in.
 */
export interface TokenStore {
  get(): TokenSet | undefined | Promise<TokenSet | undefined>;
  /** Awaited before the new access token is used, since the old refresh token is good no more. */
  set(tokens: TokenSet): void | Promise<void>;
  /** Runs a get, a refresh and a set, with no other process in between. Default: just runs it. */
  lock?<Result>(run: () => Promise<Result>): Promise<Result>;
}

/**
 * Keeps tokens until the process ends: what a client does by itself. Several clients may share one.
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
  return {
    get: () => tokens,
    set(changed) {
      tokens = changed;
    },
  };
}
