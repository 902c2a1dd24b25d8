import { createAgenda } from './agenda.ts';

export interface Handling {
  readonly arrivalsMs: readonly number[];
  /** How many events are handled at once. */
  readonly places: number;
  /** How long the handler of the next event takes. */
  readonly nextHandlerMs: () => number;
}

/** When each event began to be handled, and when the last one was, in the order of the arrivals. */
export function simulateHandling({ arrivalsMs, places, nextHandlerMs }: Handling): {
  readonly waitsMs: readonly number[];
  readonly endedMs: number;
} {
  const agenda = createAgenda();
  const waiting: number[] = [];
  const waitsMs: number[] = [];
  let free = places;
  let endedMs = 0;

  function takeNext(): void {
    if (free === 0 || waiting.length === waitsMs.length) return;
    free--;
    waitsMs.push(agenda.now() - (waiting[waitsMs.length] as number));
    agenda.at(agenda.now() + nextHandlerMs(), () => {
      free++;
      endedMs = agenda.now();
      takeNext();
    });
  }

  for (const arrivesMs of arrivalsMs) {
    agenda.at(arrivesMs, () => {
      waiting.push(arrivesMs);
      takeNext();
    });
  }
  agenda.run();
  return { waitsMs, endedMs };
}
