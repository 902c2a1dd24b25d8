import { checkToken, type GrantAuth } from './auth.ts';
import { clientError, ShowpadApiError } from './error.ts';
import { exchange } from './exchange.ts';
import type { Settings } from './options.ts';
import { withRetry } from './retry.ts';
import type { TokenSet } from './token-store.ts';

interface Grant {
  readonly form: Readonly<Record<string, string>>;
  /** The part of the form that nobody may see. */
  readonly secret: string;
}

/** The lifetime that Showpad documents, for an answer that tells none. */
const LIFETIME_SECONDS = 3_600;

/**
 * New tokens: for the refresh token that is kept, and where that is good no more, by the grant that was configured.
 *
 * @throws ShowpadApiError
 */
export async function requestTokens(
  settings: Settings,
  auth: GrantAuth,
  refreshToken: string | undefined,
): Promise<TokenSet> {
  const configured = configuredGrant(auth);
  if (refreshToken === undefined || refreshToken === configured.secret) {
    return request(settings, auth, configured);
  }
  try {
    return await request(settings, auth, refreshGrant(refreshToken));
  } catch (error) {
    const isRefused = ShowpadApiError.isInstance(error) && (error.status === 400 || error.status === 401);
    if (!isRefused) throw error;
    return request(settings, auth, configured);
  }
}

function configuredGrant(auth: GrantAuth): Grant {
  switch (auth.type) {
    case 'password': {
      const { username, password } = auth;
      return { form: { grant_type: 'password', username, password }, secret: password };
    }
    case 'refresh-token':
      return refreshGrant(auth.refreshToken);
    case 'authorization-code': {
      const { code, redirectUri } = auth;
      return { form: { grant_type: 'authorization_code', code, redirect_uri: redirectUri }, secret: code };
    }
  }
}

function refreshGrant(refreshToken: string): Grant {
  return { form: { grant_type: 'refresh_token', refresh_token: refreshToken }, secret: refreshToken };
}

/** Tried again like a GET: where the first try did work and its answer was lost, the second is refused and no worse. */
async function request(
  settings: Settings,
  { clientId, clientSecret, scope }: GrantAuth,
  { form, secret }: Grant,
): Promise<TokenSet> {
  const { tokenUrl, clock } = settings;
  const call = { method: 'POST', path: new URL(tokenUrl).pathname };
  const body = new URLSearchParams({
    ...form,
    // In the body rather than by Basic, which servers decode in two ways.
    client_id: clientId,
    client_secret: clientSecret,
    ...(scope !== undefined && { scope }),
  });
  return withRetry(settings, call, async (attempt) => {
    const sentMs = clock();
    const answer = await exchange(settings, {
      ...call,
      attempt,
      url: tokenUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: body.toString(),
      secrets: [clientSecret, secret],
    });
    return readTokens(answer, sentMs, form.refresh_token);
  });
}

function readTokens(answer: unknown, sentMs: number, spent: string | undefined): TokenSet {
  const fields = Object(answer) as Readonly<Record<string, unknown>>;
  const { access_token, refresh_token = spent, expires_in = LIFETIME_SECONDS } = fields;
  if (typeof access_token !== 'string') {
    throw clientError('UNEXPECTED_ANSWER', 'No token was granted', 'The answer has no access_token.');
  }
  checkToken('the granted access token', access_token);
  return {
    accessToken: access_token,
    ...(typeof refresh_token === 'string' && { refreshToken: refresh_token }),
    expiresAtMs: sentMs + Number(expires_in) * 1_000,
  };
}
