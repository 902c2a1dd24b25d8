import type { Random } from '../../../packages/emulator/src/random.ts';
import type { Agenda } from './agenda.ts';
import type { Availability } from './availability.ts';

export interface Handlers {
  /** How many handlers an event has. They run at the same time. */
  readonly count: number;
  readonly durationMs: number;
  /** How likely a run of one handler fails although everything is up. */
  readonly failureProbability: number;
}

/** What an event meets on its way. */
export interface World {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly app: Availability;
  /** What the handlers call, for example a CRM. */
  readonly dependency: Availability;
  readonly handlers: Handlers;
}

export interface SimulatedEvent {
  /** How often each handler has succeeded. */
  readonly successes: number[];
  /** Whether it is stored where it survives the app. */
  isStored: boolean;
  /** Whether it waits for a person. */
  isDead: boolean;
}

export function isHandled({ successes }: SimulatedEvent): boolean {
  return successes.every((count) => count > 0);
}

/**
 * Runs all handlers of an event, or only those that have not succeeded yet. Calls `ended` when the last one has ended, or when the
 * app is cut off.
 */
export function runHandlers(
  { agenda, random, app, dependency, handlers }: World,
  { successes }: SimulatedEvent,
  which: 'all' | 'open',
  ended: (result: 'succeeded' | 'failed' | 'cut off') => void,
): void {
  const beganMs = agenda.now();
  const names = [...successes.keys()].filter((name) => which === 'all' || successes[name] === 0);
  const failed = names.filter(
    () => dependency.isDown(beganMs, random) || random() < handlers.failureProbability,
  );
  const endsMs = beganMs + (failed.length < names.length ? handlers.durationMs : 0);
  const cutOffMs = app.cutOffMs(beganMs, endsMs);
  agenda.at(cutOffMs ?? endsMs, () => {
    if (cutOffMs !== undefined) return ended('cut off');
    for (const name of names) if (!failed.includes(name)) successes[name] = (successes[name] ?? 0) + 1;
    ended(failed.length > 0 ? 'failed' : 'succeeded');
  });
}
