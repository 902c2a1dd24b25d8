import type { Random } from '../../../packages/emulator/src/random.ts';

/** When something can be reached: the app, or what its handlers call. */
export interface Availability {
  /** Whether a call that begins now fails. */
  readonly isDown: (atMs: number, random: Random) => boolean;
  /** When what runs between these times is cut off, or undefined if it may end. */
  readonly cutOffMs: (fromMs: number, toMs: number) => number | undefined;
  /** The first time from `atMs` on at which it works. */
  readonly upAgainMs: (atMs: number) => number;
}

export const ALWAYS_UP: Availability = {
  isDown: () => false,
  cutOffMs: () => undefined,
  upAgainMs: (atMs) => atMs,
};

/** One outage, for example a restart that does not wait for what is running. */
export function outage(fromMs: number, untilMs: number): Availability {
  const isWithin = (atMs: number) => atMs >= fromMs && atMs < untilMs;
  return {
    isDown: isWithin,
    cutOffMs: (beganMs, endMs) => (beganMs < fromMs && endMs >= fromMs ? fromMs : undefined),
    upAgainMs: (atMs) => (isWithin(atMs) ? untilMs : atMs),
  };
}

export interface RollingDeploy {
  readonly instances: number;
  /** How long each instance is down. One after the other is restarted, from the time 0 on. */
  readonly restartMs: number;
  /** How long the load balancer goes on sending to an instance that is down. 0: an instance leaves before it stops. */
  readonly unnoticedMs: number;
}

/** A load balancer sends each request to any of the instances. An instance answers what it has begun before it stops. */
export function rollingDeploy({ instances, restartMs, unnoticedMs }: RollingDeploy): Availability {
  return {
    ...ALWAYS_UP,
    isDown: (atMs, random) =>
      atMs >= 0 && atMs < instances * restartMs && atMs % restartMs < unnoticedMs && random() * instances < 1,
  };
}
