import { ShowpadApiError } from '../error.ts';
import { type ExchangeSettings, exchange } from '../http/exchange.ts';
import { type RetrySettings, withRetry } from '../http/retry.ts';
import { type GrantAuth, isBearerToken } from './auth.ts';
import type { TokenSet } from './token-store.ts';

export interface GrantSettings extends ExchangeSettings, RetrySettings {
  readonly tokenUrl: string;
}

interface Grant {
  readonly form: Readonly<Record<string, string>>;
  /** The part of the form that must not come back in an error. */
  readonly secret: string;
}

/** The lifetime that Showpad documents, for a response that does not say it. */
const LIFETIME_SECONDS = 3_600;

/**
 * Gets new tokens for the refresh token that was kept. If there is none, or Showpad does not accept it any more, it
 * uses the grant in the options.
 *
 * @throws ShowpadApiError
 */
export async function requestTokens(
  settings: GrantSettings,
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

/**
 * It is retried like a GET. If the first attempt did work and only its response was lost, the second one is refused,
 * which is no worse.
 */
async function request(
  settings: GrantSettings,
  { clientId, clientSecret, scope }: GrantAuth,
  { form, secret }: Grant,
): Promise<TokenSet> {
  const { tokenUrl, clock } = settings;
  const call = { method: 'POST', path: new URL(tokenUrl).pathname };
  const body = new URLSearchParams({
    ...form,
    // Servers decode credentials in a Basic header in two different ways, so they go into the body.
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
  if (!isBearerToken(access_token)) {
    throw new ShowpadApiError(
      'UNEXPECTED_RESPONSE',
      'The token response has no access_token that can be used.',
      {
        hint: 'It must be visible ASCII characters without spaces. Is tokenUrl the URL of Showpad’s OAuth server?',
      },
    );
  }
  return {
    accessToken: access_token,
    ...(typeof refresh_token === 'string' && { refreshToken: refresh_token }),
    expiresAtMs: sentMs + Number(expires_in) * 1_000,
  };
}
