import { INBOX_DEFAULTS } from '@showpad-webhooks/core/inbox';

/** What is assumed about the load and the machines. Each is an option of `pnpm --dir test/simulation model`. */
export interface Plan {
  /** How many times the average of the day comes in its busiest second. */
  readonly peakFactor: number;
  /** How much of a limit the busiest second may use. */
  readonly share: number;
  readonly handlerMs: number;
  /** The cores of one machine, whether it runs the app or Postgres. */
  readonly cores: number;
  /** The most places for handlers that one process is given. */
  readonly concurrency: number;
  /** What the disk of a store writes per second. */
  readonly diskMegabytesPerSecond: number;
  readonly redisGigabytes: number;
  readonly keepDoneDays: number;
}

const DAY_MS = 86_400_000;

export const DEFAULT_PLAN: Plan = {
  // All events come in 8 of 24 hours, and in their busiest second there are about three times as many as on average.
  peakFactor: 10,
  share: 0.5,
  handlerMs: 50,
  cores: 8,
  concurrency: 64,
  // A gp3 volume of AWS without any extra: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
  diskMegabytesPerSecond: 125,
  redisGigabytes: 64,
  keepDoneDays: INBOX_DEFAULTS.keepDoneMs / DAY_MS,
};

/** How many events come in the busiest second of a day with so many. */
export function peakPerSecond(eventsPerDay: number, { peakFactor }: Pick<Plan, 'peakFactor'>): number {
  return (eventsPerDay * peakFactor * 1_000) / DAY_MS;
}

/** How many events a day may have, if its busiest second uses only its share of a limit. */
export function eventsPerDay(
  limitPerSecond: number,
  { peakFactor, share }: Pick<Plan, 'peakFactor' | 'share'>,
): number {
  return (limitPerSecond * share * DAY_MS) / (peakFactor * 1_000);
}
