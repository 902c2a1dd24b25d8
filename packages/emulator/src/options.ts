import * as v from 'valibot';
import { changeAssumptions, DEFAULT_ASSUMPTIONS, type EmulatorAssumptions } from './assumptions.ts';
import type { ClockMode } from './clock.ts';
import { SHOWPAD_RETRY_DELAYS_MS } from './delivery/retry.ts';
import { anyObject, checkInput, fields, numberFrom, shortText, wholeNumber } from './input.ts';
import { sentencesOf } from './problem.ts';

/** Who can log in at the OAuth endpoints. */
export interface OAuthOptions {
  /** Default `client`. */
  readonly clientId?: string;
  /** Default `secret`. */
  readonly clientSecret?: string;
  /** Default `admin`. */
  readonly username?: string;
  /** Default `admin`. */
  readonly password?: string;
  /** Default 3,600, as at Showpad. */
  readonly accessTokenSeconds?: number;
  /** Default 1,209,600: 14 days, as at Showpad. */
  readonly refreshTokenSeconds?: number;
}

export interface EmulatorOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** The interface to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Further host names that requests may use, such as a container's: `emulator` or `emulator:4000`. */
  readonly allowedHosts?: readonly string[];
  /** With `manual`, time stands still until you call `advanceTime`. Default `real`. */
  readonly clock?: ClockMode;
  /** How many times as fast as this machine's clock it runs. At 60, a retry after 3 s comes after 50 ms. Default 1. */
  readonly timeScale?: number;
  /**
   * How long after the first failure each retry is sent. An empty list switches retries off. Default: 3,000, 7,500 and
   * 14,250, as at Showpad.
   */
  readonly retryDelaysMs?: readonly number[];
  /** With the same seed, rules and order of requests, the same faults happen. Default 1. */
  readonly seed?: number;
  /** Other hosts that deliveries and OAuth redirects may go to. Default: this machine only. */
  readonly allowTargets?: readonly string[];
  /** A JSON file that keeps subscriptions, tokens, added samples, fault rules and assumptions. Default: none. */
  readonly stateFile?: string;
  /** What Showpad does not document, if the defaults do not suit you. */
  readonly assumptions?: Partial<EmulatorAssumptions>;
  readonly oauth?: OAuthOptions;
  /** The `data` of event types that Showpad does not document publicly, by type. */
  readonly samples?: Readonly<Record<string, unknown>>;
  /** The folder of a catalogue that `showpad-webhooks events add` made. Its samples become event types. Default: none. */
  readonly events?: string;
  /** The key that the Admin page suggests for a new webhook, because your app verifies with it. Default: none. */
  readonly signatureKey?: string;
  /** How many deliveries run at the same time. Default 64. */
  readonly concurrency?: number;
  /** How many attempts are kept. Default 10,000. The oldest are removed first. */
  readonly maxStoredAttempts?: number;
  /** How much is kept of one body. Default 256 KiB. */
  readonly maxStoredBodyBytes?: number;
  /** How much is kept of all bodies together. Default 64 MiB. */
  readonly maxStoredBytes?: number;
}

/** The checked options, with every default filled in. */
export type Settings = Required<
  Omit<EmulatorOptions, 'stateFile' | 'events' | 'signatureKey' | 'assumptions' | 'oauth'>
> & {
  readonly stateFile?: string | undefined;
  readonly events?: string | undefined;
  readonly signatureKey?: string | undefined;
  readonly assumptions: EmulatorAssumptions;
  readonly oauth: Required<OAuthOptions>;
};

const text = (preset: string) => v.optional(v.string(), preset);
const aboveZero = (preset: number) =>
  v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0, 'must be more than 0.')), preset);
const hosts = v.optional(v.array(v.string()), []);

const OPTIONS = fields({
  port: v.optional(wholeNumber(0, 65_535), 0),
  host: text('127.0.0.1'),
  allowedHosts: hosts,
  clock: v.optional(v.picklist(['real', 'manual']), 'real'),
  timeScale: aboveZero(1),
  retryDelaysMs: v.optional(v.array(numberFrom(0, 1e9)), SHOWPAD_RETRY_DELAYS_MS),
  seed: v.optional(v.pipe(v.number(), v.finite()), 1),
  allowTargets: hosts,
  stateFile: v.optional(v.string()),
  assumptions: v.optional(anyObject(), {}),
  oauth: v.optional(
    fields({
      clientId: text('client'),
      clientSecret: text('secret'),
      username: text('admin'),
      password: text('admin'),
      accessTokenSeconds: aboveZero(3_600),
      refreshTokenSeconds: aboveZero(14 * 86_400),
    }),
    {},
  ),
  samples: v.optional(anyObject(), {}),
  events: v.optional(v.string()),
  signatureKey: v.optional(shortText()),
  concurrency: aboveZero(64),
  maxStoredAttempts: aboveZero(10_000),
  maxStoredBodyBytes: aboveZero(256 * 1_024),
  maxStoredBytes: aboveZero(64 * 1_024 * 1_024),
});

/** @throws TypeError that names each wrong option; EmulatorProblem for an assumption */
export function readOptions(options: EmulatorOptions): Settings {
  const settings = checkInput(OPTIONS, options, (problems) => new TypeError(sentencesOf(problems)));
  return { ...settings, assumptions: changeAssumptions(DEFAULT_ASSUMPTIONS, settings.assumptions) };
}
