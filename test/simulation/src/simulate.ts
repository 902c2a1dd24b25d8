import { createRandom } from '../../../packages/emulator/src/random.ts';
import { createAgenda } from './agenda.ts';
import { ALWAYS_UP, type Availability } from './availability.ts';
import { DESIGNS, type DesignName } from './designs.ts';
import { type Handlers, isHandled, type SimulatedEvent } from './event.ts';
import { type RetryDelays, sendEvent } from './showpad.ts';

export interface Scenario {
  readonly design: DesignName;
  readonly retryDelays: RetryDelays;
  /** When each event happens. */
  readonly arrivalsMs: readonly number[];
  readonly app?: Availability;
  readonly dependency?: Availability;
  /** Default: one handler, which needs no time and never fails. */
  readonly handlers?: Partial<Handlers>;
  readonly seed?: string;
}

/** How an event ended. One that is dead is kept, and can be retried by hand. */
export type Fate = 'handled' | 'dead' | 'lost';

export interface SimulationResult {
  /** In the order of the arrivals. */
  readonly fates: readonly Fate[];
  /** The most often that a handler has succeeded, for each event. More than 1 is a repetition. */
  readonly runs: readonly number[];
}

/** Sends events as Showpad does, and returns how each of them ended. The same scenario always has the same result. */
export function simulate({
  design,
  retryDelays,
  arrivalsMs,
  app = ALWAYS_UP,
  dependency = ALWAYS_UP,
  handlers,
  seed = 'showpad',
}: Scenario): SimulationResult {
  const agenda = createAgenda();
  const world = {
    agenda,
    random: createRandom(seed),
    app,
    dependency,
    handlers: { count: 1, durationMs: 0, failureProbability: 0, ...handlers },
  };
  const events = arrivalsMs.map((arrivesMs) => {
    const successes = new Array<number>(world.handlers.count).fill(0);
    const event: SimulatedEvent = { successes, isStored: false, isDead: false };
    sendEvent(agenda, retryDelays, arrivesMs, DESIGNS[design](world, event));
    return event;
  });
  agenda.run();
  return {
    fates: events.map((event) => (isHandled(event) ? 'handled' : event.isDead ? 'dead' : 'lost')),
    runs: events.map(({ successes }) => Math.max(...successes)),
  };
}

/** Returns `count` times, evenly spread over a period: each is in the middle of its share. */
export function evenly(count: number, fromMs: number, untilMs: number): number[] {
  return Array.from({ length: count }, (_, index) => fromMs + ((index + 0.5) / count) * (untilMs - fromMs));
}

export function shareOf(fate: Fate, { fates }: SimulationResult): number {
  return fates.filter((each) => each === fate).length / fates.length;
}
