import { checkKnown, checkRange } from './check.ts';
import type { ApiSettings } from './http/api.ts';
import type { ClientHooks } from './http/hooks.ts';
import { type RetryOptions, readRetry } from './http/retry.ts';
import { type ApiLocation, readUrls } from './http/urls.ts';
import { type ClientAuth, checkAuth } from './oauth/auth.ts';
import type { TokenStore } from './oauth/token-store.ts';
import type { TokenSettings } from './oauth/tokens.ts';
import { type ClientAssumptions, readAssumptions } from './subscriptions/assumptions.ts';
import { createMapping, type Mapping } from './subscriptions/mapping.ts';

export interface CommonClientOptions {
  readonly auth: ClientAuth;
  /** Keeps tokens from one process to the next. Default: they are kept in memory. */
  readonly tokenStore?: TokenStore;
  /** Default: the global `fetch`. It is looked up at each call. */
  readonly fetch?: typeof globalThis.fetch;
  /** The time limit for one request and its response. Default 30,000. */
  readonly timeoutMs?: number;
  /** With `false`, nothing is retried. */
  readonly retry?: RetryOptions | false;
  readonly hooks?: ClientHooks;
  /** Corrects what this client assumes about an API that Showpad does not document in public. */
  readonly assumptions?: Partial<ClientAssumptions>;
  /** Returns the Unix time in milliseconds. Default `Date.now`. */
  readonly clock?: () => number;
}

export type ShowpadClientOptions = CommonClientOptions & ApiLocation;

/** The checked options, with all defaults. */
interface Settings extends ApiSettings, TokenSettings {
  readonly mapping: Mapping;
}

const KNOWN: Record<keyof ShowpadClientOptions, true> = {
  subdomain: true,
  baseUrl: true,
  tokenUrl: true,
  auth: true,
  tokenStore: true,
  fetch: true,
  timeoutMs: true,
  retry: true,
  hooks: true,
  assumptions: true,
  clock: true,
};

/** @throws TypeError that names the option, and says what it must be. */
export function readOptions(options: ShowpadClientOptions): Settings {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('The options must be an object with at least { subdomain, auth }.');
  }
  checkKnown(options, KNOWN);
  const { auth, tokenStore, timeoutMs = 30_000, hooks = {}, clock = Date.now } = options;
  checkKnown(hooks, { onResponse: true, onRetry: true }, 'hooks.');
  const urls = readUrls(options);
  checkAuth(auth);
  const isGranted = typeof auth === 'object' && auth.type !== 'personal-token';
  if (isGranted && urls.tokenUrl === '') {
    throw new TypeError(
      `The option "tokenUrl" is missing. With auth of type '${auth.type}' the client asks there for tokens.`,
    );
  }
  if (tokenStore && !isGranted) {
    throw new TypeError(
      'Leave tokenStore out: it only keeps OAuth tokens, and auth is a personal token or a function.',
    );
  }
  checkRange('timeoutMs', timeoutMs);
  return {
    ...urls,
    auth,
    tokenStore,
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
    timeoutMs,
    retry: readRetry(options.retry ?? {}),
    hooks,
    mapping: createMapping(readAssumptions(options.assumptions)),
    clock,
  };
}
