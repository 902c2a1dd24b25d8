import { type Assumptions, createMapping, type Mapping } from './assumptions.ts';
import { checkAuth, type ShowpadAuth } from './auth.ts';
import type { ShowpadApiError } from './error.ts';
import type { TokenStore } from './token-store.ts';
import { type Place, readUrls, type Urls } from './urls.ts';

export interface RetryOptions {
  /** How often a call is tried in all. Default 4. */
  readonly maxAttempts?: number;
  /** The longest wait after the first failure; it doubles with each. The wait is at random up to it. Default 500. */
  readonly firstDelayMs?: number;
  /** Where that doubling ends. Default 20,000. */
  readonly maxDelayMs?: number;
  /** The longest wait that a Retry-After can ask for. Default 60,000. */
  readonly maxRetryAfterMs?: number;
  /** From 0 to below 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Default: a timer. */
  readonly sleep?: (ms: number) => Promise<void>;
}

/** One request and its answer, without headers and bodies. */
export interface RequestInfo {
  readonly method: string;
  /** Without the base URL. */
  readonly path: string;
  /** 1 is the first. */
  readonly attempt: number;
}

/** For logs and metrics. What they throw is ignored. */
export interface Hooks {
  /** After each request; `error` where it failed. */
  readonly onResponse?: (
    info: RequestInfo & {
      readonly status: number | undefined;
      readonly durationMs: number;
      readonly error: ShowpadApiError | undefined;
    },
  ) => void;
  /** Before the wait. */
  readonly onRetry?: (
    info: RequestInfo & { readonly delayMs: number; readonly error: ShowpadApiError },
  ) => void;
}

interface CommonOptions {
  readonly auth: ShowpadAuth;
  /** Where tokens are kept from one process to the next. Default: in memory. */
  readonly tokenStore?: TokenStore;
  /** Default: the runtime's, looked up at each call. */
  readonly fetch?: typeof globalThis.fetch;
  /** Of one request and its answer. Default 30,000. */
  readonly timeoutMs?: number;
  /** False: never. */
  readonly retry?: RetryOptions | false;
  readonly hooks?: Hooks;
  /** Corrects what this client takes for granted of an API that is not documented in public. */
  readonly assumptions?: Partial<Assumptions>;
  /** Unix time in ms. Default `Date.now`. */
  readonly clock?: () => number;
}

export type ShowpadWebhooksClientOptions = CommonOptions & Place;

/** The options, checked, with every default filled in. */
export interface Settings extends Urls {
  readonly auth: ShowpadAuth;
  readonly tokenStore: TokenStore | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly timeoutMs: number;
  readonly retry: Required<RetryOptions>;
  readonly hooks: Hooks;
  readonly mapping: Mapping;
  readonly clock: () => number;
}

const KNOWN: Record<keyof ShowpadWebhooksClientOptions, true> = {
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

const RETRY_DEFAULTS: Required<RetryOptions> = {
  maxAttempts: 4,
  firstDelayMs: 500,
  maxDelayMs: 20_000,
  maxRetryAfterMs: 60_000,
  random: Math.random,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** @throws TypeError that names the option, the rule and the mend. */
export function readOptions(options: ShowpadWebhooksClientOptions): Settings {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('options must be an object with at least { subdomain, auth }.');
  }
  checkNames('', options, Object.keys(KNOWN));
  const { auth, tokenStore, timeoutMs = 30_000, hooks = {}, clock = Date.now } = options;
  checkNames('hooks.', hooks, ['onResponse', 'onRetry']);
  const urls = readUrls(options);
  checkAuth(auth);
  const isGranted = typeof auth === 'object' && auth.type !== 'personal-token';
  if (isGranted && urls.tokenUrl === '') {
    throw new TypeError(`tokenUrl is missing: auth of type '${auth.type}' asks there for tokens.`);
  }
  if (tokenStore && !isGranted) {
    throw new TypeError(
      'tokenStore keeps what OAuth grants: leave it out with a personal token or a function.',
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
    mapping: createMapping(options.assumptions),
    clock,
  };
}

function readRetry(retry: RetryOptions | false): Required<RetryOptions> {
  if (retry === false) return { ...RETRY_DEFAULTS, maxAttempts: 1 };
  checkNames('retry.', retry, Object.keys(RETRY_DEFAULTS));
  const given = Object.entries(retry).filter(([, value]) => value !== undefined);
  const settings = { ...RETRY_DEFAULTS, ...Object.fromEntries(given) };
  for (const option of ['maxAttempts', 'firstDelayMs', 'maxDelayMs', 'maxRetryAfterMs'] as const) {
    checkRange(`retry.${option}`, settings[option]);
  }
  return settings;
}

function checkNames(prefix: string, options: object, known: readonly string[]): void {
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    throw new TypeError(`unknown option "${prefix}${option}". Known: ${known.join(', ')}.`);
  }
}

/** The bound is the longest that a timer can be set for: beyond it, it would fire at once. */
function checkRange(option: string, value: number): void {
  if (value > 0 && value < 2 ** 31) return;
  throw new TypeError(`${option} must be a number above 0 and below 2,147,483,648, not ${value}.`);
}
