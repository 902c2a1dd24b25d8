import { checkAboveZero } from '@showpad-webhooks/core/node';
import { type Assumptions, changeAssumptions, DEFAULT_ASSUMPTIONS } from './assumptions.ts';
import type { ClockMode } from './clock.ts';
import { SHOWPAD_RETRY_DELAYS_MS } from './delivery/retry.ts';

/** Whom the OAuth endpoint lets in. */
export interface OAuthOptions {
  /** Default `client`. */
  readonly clientId?: string;
  /** Default `secret`. */
  readonly clientSecret?: string;
  /** Default `admin`. */
  readonly username?: string;
  /** Default `admin`. */
  readonly password?: string;
  /** Default 3,600, as Showpad's. */
  readonly accessTokenSeconds?: number;
  /** Default 1,209,600: Showpad's 14 days. */
  readonly refreshTokenSeconds?: number;
}

export interface EmulatorOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** The interface to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Further names by which it may be called, such as that of a container: `emulator` or `emulator:4000`. */
  readonly allowedHosts?: readonly string[];
  /** `manual`: time stands still until `advanceTime`. Default `real`. */
  readonly clock?: ClockMode;
  /** How many times as fast as this machine's the clock runs: at 60, a retry after 3 s comes after 50 ms. Default 1. */
  readonly timeScale?: number;
  /** How long after its first failure each retry comes. Default: Showpad's 3,000, 7,500 and 14,250. Empty: none comes. */
  readonly retryDelaysMs?: readonly number[];
  /** The same seed, rules and requests break alike. Default 1. */
  readonly seed?: number;
  /** Hosts other than this machine that deliveries and OAuth redirects may go to. */
  readonly allowTargets?: readonly string[];
  /** JSON file that subscriptions, tokens, fault rules and assumptions are kept in. Default: none. */
  readonly stateFile?: string;
  readonly assumptions?: Partial<Assumptions>;
  readonly oauth?: OAuthOptions;
  /** `data` by event type, for types that Showpad does not document publicly. */
  readonly samples?: Readonly<Record<string, unknown>>;
  /** How many deliveries run at once. Default 64. */
  readonly concurrency?: number;
  /** Default 10,000; the oldest go first. */
  readonly maxStoredAttempts?: number;
  /** What is kept of one body. Default 256 KiB. */
  readonly maxStoredBodyBytes?: number;
  /** What is kept of all bodies together. Default 64 MiB. */
  readonly maxStoredBytes?: number;
}

/** The options, checked, with every default filled in. */
export type Settings = Required<Omit<EmulatorOptions, 'stateFile' | 'assumptions' | 'oauth'>> & {
  readonly stateFile: string | undefined;
  readonly assumptions: Assumptions;
  readonly oauth: Required<OAuthOptions>;
};

const DEFAULTS: Omit<Settings, 'stateFile'> = {
  port: 0,
  host: '127.0.0.1',
  allowedHosts: [],
  clock: 'real',
  timeScale: 1,
  retryDelaysMs: SHOWPAD_RETRY_DELAYS_MS,
  seed: 1,
  allowTargets: [],
  assumptions: DEFAULT_ASSUMPTIONS,
  oauth: {
    clientId: 'client',
    clientSecret: 'secret',
    username: 'admin',
    password: 'admin',
    accessTokenSeconds: 3_600,
    refreshTokenSeconds: 14 * 86_400,
  },
  samples: {},
  concurrency: 64,
  maxStoredAttempts: 10_000,
  maxStoredBodyBytes: 256 * 1_024,
  maxStoredBytes: 64 * 1_024 * 1_024,
};

const ABOVE_ZERO = [
  'timeScale',
  'concurrency',
  'maxStoredAttempts',
  'maxStoredBodyBytes',
  'maxStoredBytes',
] as const;
const LISTS = ['allowedHosts', 'allowTargets'] as const;

/** @throws TypeError that names the option, the rule and the mend; EmulatorProblem for an assumption. */
export function readOptions(options: EmulatorOptions): Settings {
  const known = [...Object.keys(DEFAULTS), 'stateFile'];
  for (const option of Object.keys(options)) {
    if (!known.includes(option)) {
      throw new TypeError(`unknown option "${option}". Known: ${known.join(', ')}.`);
    }
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: Settings = {
    ...DEFAULTS,
    stateFile: undefined,
    ...given,
    assumptions: changeAssumptions(DEFAULT_ASSUMPTIONS, options.assumptions ?? {}),
    oauth: { ...DEFAULTS.oauth, ...options.oauth },
  };
  const { port, clock, seed, oauth, retryDelaysMs } = settings;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`port must be a whole number from 0 (any) to 65535, not ${port}.`);
  }
  if (clock !== 'real' && clock !== 'manual') throw new TypeError("clock must be 'real' or 'manual'.");
  if (!Number.isFinite(seed)) throw new TypeError(`seed must be a number, not ${seed}.`);
  checkAboveZero(Object.fromEntries(ABOVE_ZERO.map((option) => [option, settings[option]])));
  for (const option of LISTS) {
    if (!Array.isArray(settings[option])) throw new TypeError(`${option} must be a list of host names.`);
  }
  const isSchedule = (delays: unknown) => Array.isArray(delays) && delays.every((ms) => ms >= 0 && ms <= 1e9);
  if (!isSchedule(retryDelaysMs)) {
    throw new TypeError('retryDelaysMs must be a list of numbers from 0 to 1,000,000,000.');
  }
  checkAboveZero({
    'oauth.accessTokenSeconds': oauth.accessTokenSeconds,
    'oauth.refreshTokenSeconds': oauth.refreshTokenSeconds,
  });
  return settings;
}
