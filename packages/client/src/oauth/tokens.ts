import { ShowpadApiError } from '../error.ts';
import type { GetToken } from '../http/api.ts';
import { type ClientAuth, checkToken, type GrantAuth } from './auth.ts';
import { type GrantSettings, requestTokens } from './grants.ts';
import { createMemoryTokenStore, type TokenSet, type TokenStore } from './token-store.ts';

export interface TokenSettings extends GrantSettings {
  readonly auth: ClientAuth;
  readonly tokenStore: TokenStore | undefined;
}

/** A token is not used in the last minute of its life, so that it does not expire on its way. */
const EARLY_MS = 60_000;

export function createTokenSource(settings: TokenSettings): GetToken {
  const { auth } = settings;
  if (typeof auth !== 'function') {
    return auth.type === 'personal-token' ? async () => auth.token : createGrantedTokens(auth, settings);
  }
  return async (refused) => {
    const token = await auth({ refused });
    checkToken('The token that the auth function returns', token);
    return token;
  };
}

/** Renews tokens before they expire. Only one renewal runs in this process and, with the store's lock, in all of them. */
function createGrantedTokens(auth: GrantAuth, settings: TokenSettings): GetToken {
  const { tokenStore: store = createMemoryTokenStore(), clock } = settings;
  const lock = store.lock?.bind(store) ?? ((run) => run());
  let current: TokenSet | undefined;
  let renewal: Promise<TokenSet> | undefined;
  /** Tokens that the store does not have yet. They contain the only copy of the new refresh token. */
  let unsaved: TokenSet | undefined;

  const isGood = (tokens: TokenSet | undefined, refused: string | undefined): tokens is TokenSet =>
    tokens !== undefined && tokens.accessToken !== refused && tokens.expiresAtMs - EARLY_MS > clock();

  async function renew(refused: string | undefined): Promise<TokenSet> {
    const known = unsaved ?? (await store.get());
    const refreshToken = known?.refreshToken;
    const tokens = isGood(known, refused) ? known : await requestTokens(settings, auth, refreshToken);
    if (tokens === known && !unsaved) return tokens;
    unsaved = tokens;
    try {
      const saved = await store.get();
      // This process may have been frozen for so long that its lock ended, and another one renewed the tokens.
      if (isGood(saved, refused) && saved.expiresAtMs > tokens.expiresAtMs) {
        unsaved = undefined;
        return saved;
      }
      await store.set(tokens);
    } catch (cause) {
      throw new ShowpadApiError('TOKENS_NOT_SAVED', 'The token store could not save new tokens.', {
        hint: 'See error.cause, and fix the store. The client keeps the tokens, and saves them before its next call.',
        cause,
      });
    }
    unsaved = undefined;
    return tokens;
  }

  return async (refused) => {
    if (isGood(current, refused)) return current.accessToken;
    renewal ??= lock(() => renew(refused)).finally(() => {
      renewal = undefined;
    });
    current = await renewal;
    return current.accessToken;
  };
}
