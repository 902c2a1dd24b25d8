import { checkKnown } from '../check.ts';

/** The OAuth client of your app, created in Showpad's Admin App. */
export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Default: the request has no scope. Showpad does not document which scope webhooks need. */
  readonly scope?: string;
}

/** A token that somebody created by hand. It is never refreshed. */
export interface PersonalTokenAuth {
  readonly type: 'personal-token';
  readonly token: string;
}

export interface PasswordAuth extends OAuthClient {
  readonly type: 'password';
  readonly username: string;
  readonly password: string;
}

/** Showpad replaces the refresh token every time it is used, so pass a `tokenStore` that outlives the process. */
export interface RefreshTokenAuth extends OAuthClient {
  readonly type: 'refresh-token';
  /** The first refresh token. The ones that replace it come from the token store. */
  readonly refreshToken: string;
}

/** A code that came to your redirect URI. It works once, so pass a `tokenStore` that outlives the process. */
export interface AuthorizationCodeAuth extends OAuthClient {
  readonly type: 'authorization-code';
  readonly code: string;
  /** The redirect URI of the authorization request. */
  readonly redirectUri: string;
}

/**
 * Returns a bearer token. It is called for every request, so it should cache the token.
 *
 * @param request `refused` is a token that was just answered with 401. Return another one.
 */
export type TokenProvider = (request: { readonly refused?: string | undefined }) => string | Promise<string>;

/** A way to get tokens from Showpad's OAuth server. */
export type GrantAuth = PasswordAuth | RefreshTokenAuth | AuthorizationCodeAuth;
export type ClientAuth = PersonalTokenAuth | GrantAuth | TokenProvider;

type TypedAuth = PersonalTokenAuth | GrantAuth;

/** The fields of each type, and whether they are required. */
const FIELDS: {
  readonly [Type in TypedAuth['type']]: Readonly<
    Record<Exclude<keyof Extract<TypedAuth, { readonly type: Type }>, 'type'>, boolean>
  >;
} = {
  'personal-token': { token: true },
  password: { clientId: true, clientSecret: true, scope: false, username: true, password: true },
  'refresh-token': { clientId: true, clientSecret: true, scope: false, refreshToken: true },
  'authorization-code': { clientId: true, clientSecret: true, scope: false, code: true, redirectUri: true },
};
const TYPES = Object.keys(FIELDS)
  .map((type) => `'${type}'`)
  .join(', ');

/** @throws TypeError that names the field and says what it must be, without its value. */
export function checkAuth(auth: ClientAuth): void {
  if (typeof auth === 'function') return;
  if (typeof auth !== 'object' || auth === null) {
    throw new TypeError(
      'The option "auth" must be an object with a type, or a function that returns a bearer token.',
    );
  }
  if (!Object.hasOwn(FIELDS, String(auth.type))) {
    throw new TypeError(`The option "auth.type" must be one of ${TYPES}. Or pass a function as auth.`);
  }
  const fields = FIELDS[auth.type];
  checkKnown<object>(auth, { type: true, ...fields }, 'auth.');
  const given = new Map<string, unknown>(Object.entries(auth));
  for (const [field, isRequired] of Object.entries(fields)) {
    const value = given.get(field);
    if (isRequired || value !== undefined) checkText(field, value);
  }
  if (auth.type === 'personal-token') checkToken('The option "auth.token"', auth.token);
}

function checkText(field: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return;
  const found = value === '' ? 'empty' : value === null ? 'null' : typeof value;
  throw new TypeError(
    `The option "auth.${field}" must be text, but it is ${found}. Is the environment variable set?`,
  );
}

/** Whether a header can contain the token. The runtime's own error for any other text would quote it. */
export function isBearerToken(token: unknown): token is string {
  return typeof token === 'string' && /^[\x21-\x7e]+$/.test(token);
}

/** @throws TypeError that says where the token comes from, and never shows it. */
export function checkToken(source: string, token: unknown): asserts token is string {
  if (isBearerToken(token)) return;
  throw new TypeError(`${source} must be visible ASCII characters without spaces. Trim it when you read it.`);
}
