import { checkToken, type GrantAuth } from './auth.ts';
import { clientError } from './error.ts';
import { requestTokens } from './grants.ts';
import type { Settings } from './options.ts';
import { createMemoryTokenStore, type TokenSet } from './token-store.ts';

/** Gives a bearer token; `refused` is one that was just answered 401, so it gives another, if it can. */
export type GetToken = (refused?: string) => Promise<string>;

/** How long before its end a token is no longer used: it must not end on its way. */
const EARLY_MS = 60_000;

export function createTokenSource(settings: Settings): GetToken {
  const { auth } = settings;
  if (typeof auth !== 'function') {
    return auth.type === 'personal-token' ? async () => auth.token : createGrantedTokens(auth, settings);
  }
  return async (refused) => {
    const token = await auth({ refused });
    checkToken('the token that auth gave', token);
    return token;
  };
}

/** Grants, renewed in time: by one renewal at once in this process and, through the store's lock, in all of them. */
function createGrantedTokens(auth: GrantAuth, settings: Settings): GetToken {
  const { tokenStore: store = createMemoryTokenStore(), clock } = settings;
  const lock = store.lock?.bind(store) ?? ((run) => run());
  let current: TokenSet | undefined;
  let renewal: Promise<TokenSet> | undefined;
  /** Granted, and not yet in the store: the only copy of the new refresh token. */
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
      await store.set(tokens);
    } catch (cause) {
      const detail = 'They are kept in this process, and saved before the next call: mend the token store.';
      throw clientError('TOKENS_NOT_SAVED', 'New tokens could not be saved', detail, { cause });
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
