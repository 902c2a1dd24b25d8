/** The app's OAuth client, made in Showpad's Admin App. */
interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Default: none is asked for. Which scope webhooks need is not documented. */
  readonly scope?: string;
}

/** A token made by hand, which is never refreshed. */
export interface PersonalTokenAuth {
  readonly type: 'personal-token';
  readonly token: string;
}

export interface PasswordAuth extends OAuthClient {
  readonly type: 'password';
  readonly username: string;
  readonly password: string;
}

/** Showpad replaces the refresh token each time it is used: pass a `tokenStore` that outlives the process. */
export interface RefreshTokenAuth extends OAuthClient {
  readonly type: 'refresh-token';
  /** The first. Those that replace it come from the token store. */
  readonly refreshToken: string;
}

/** What came back to the redirect URI. A code is good once: pass a `tokenStore` that outlives the process. */
export interface AuthorizationCodeAuth extends OAuthClient {
  readonly type: 'authorization-code';
  readonly code: string;
  /** The same as in the authorization request. */
  readonly redirectUri: string;
}

/**
 * Gives a bearer token, for each request anew, so it should remember its own.
 *
 * @param request `refused`: the token that was just answered 401; give another.
 */
export type TokenFunction = (request: { readonly refused?: string | undefined }) => string | Promise<string>;

export type GrantAuth = PasswordAuth | RefreshTokenAuth | AuthorizationCodeAuth;
export type ShowpadAuth = PersonalTokenAuth | GrantAuth | TokenFunction;

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  'personal-token': ['token'],
  password: ['clientId', 'clientSecret', 'username', 'password'],
  'refresh-token': ['clientId', 'clientSecret', 'refreshToken'],
  'authorization-code': ['clientId', 'clientSecret', 'code', 'redirectUri'],
};
const TYPES = Object.keys(FIELDS)
  .map((type) => `'${type}'`)
  .join(', ');

/** @throws TypeError that names the field, the rule and the mend, and shows no value. */
export function checkAuth(auth: ShowpadAuth): void {
  if (typeof auth === 'function') return;
  if (typeof auth !== 'object' || auth === null) {
    throw new TypeError('auth must be an object with a type, or a function that gives a bearer token.');
  }
  const fields = Object.hasOwn(FIELDS, String(auth.type)) ? FIELDS[auth.type] : undefined;
  if (!fields) throw new TypeError(`auth.type must be one of ${TYPES}; or auth a function.`);
  const known = ['type', ...fields, ...(auth.type === 'personal-token' ? [] : ['scope'])];
  for (const field of Object.keys(auth)) {
    if (known.includes(field)) continue;
    throw new TypeError(`unknown field auth.${field} for type '${auth.type}'. Known: ${known.join(', ')}.`);
  }
  const given = new Map<string, unknown>(Object.entries(auth));
  for (const field of known) {
    const value = given.get(field);
    if (field === 'scope' && value === undefined) continue;
    if (typeof value !== 'string' || value === '') {
      const found = value === '' ? 'empty' : value === null ? 'null' : typeof value;
      throw new TypeError(`auth.${field} is ${found}, not text: is the environment variable set?`);
    }
  }
  if (auth.type === 'personal-token') checkToken('auth.token', auth.token);
}

/**
 * A header can hold no other text, and the runtime's own error for it would quote the token.
 *
 * @throws TypeError that names the source, and never shows the token.
 */
export function checkToken(source: string, token: unknown): asserts token is string {
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return;
  throw new TypeError(`${source} must be visible ASCII text without spaces: trim it where it is read.`);
}
