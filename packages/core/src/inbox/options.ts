import { checkAboveZero } from '../check.ts';
import { backoffMs } from './backoff.ts';

/** What inboxes have in common. */
export interface InboxOptions {
  /** The receiver's name. Default `default`. */
  readonly name?: string;
  /** After so many failed attempts an entry is dead. Default 8. */
  readonly maxAttempts?: number;
  /** How long to wait after the attempt that failed, counted from 1. Default: at random up to 10 s × 4ⁿ⁻¹, at most 1 h. */
  readonly backoffMs?: (attempt: number) => number;
  /** How many entries are handled at once, per process. 1 keeps the order of arrival, but for retries. Default 8. */
  readonly concurrency?: number;
  /**
   * How long after a process died another handles what it held; renewed while handlers run. Default 30,000. Below
   * the longest that handlers block the event loop, events are handled twice.
   */
  readonly leaseMs?: number;
  /** How long handled events are remembered, and their bytes kept for a retry by hand. Default 7 days. */
  readonly keepDoneMs?: number;
  /** How long dead entries are kept. Default 30 days. */
  readonly keepDeadMs?: number;
}

export type InboxSettings = Required<InboxOptions>;

const DAY_MS = 86_400_000;

const DEFAULTS = {
  maxAttempts: 8,
  concurrency: 8,
  leaseMs: 30_000,
  keepDoneMs: 7 * DAY_MS,
  keepDeadMs: 30 * DAY_MS,
};

/** @throws TypeError for an option out of range. */
export function readInboxOptions(options: InboxOptions): InboxSettings {
  const numbers = { ...DEFAULTS };
  for (const option of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    numbers[option] = options[option] ?? DEFAULTS[option];
  }
  checkAboveZero(numbers);
  return { name: options.name ?? 'default', backoffMs: options.backoffMs ?? backoffMs, ...numbers };
}
