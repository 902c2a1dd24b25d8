import { median } from '../measure.ts';
import { FLOOR } from './candidate.ts';
import type { PutTurn, Turn } from './measure.ts';
import type { InboxResult } from './results.ts';

/** What a candidate did in one of its turns, with this number of events at once. */
export type Sample<Measured> = Measured & { readonly candidate: string; readonly concurrency: number };

/** Makes one result of the turns of each candidate. They come in the order of the rounds. */
export function summarize(
  puts: readonly Sample<PutTurn>[],
  handled: readonly Sample<Turn>[],
  { hasServer }: { readonly hasServer: boolean },
): Omit<InboxResult, 'engine'>[] {
  const concurrencies = [...new Set(puts.map(({ concurrency }) => concurrency))];
  const candidates = [...new Set(puts.map(({ candidate }) => candidate))];
  return concurrencies.flatMap((concurrency) =>
    candidates.map((candidate) => {
      const own = turnsOf(puts, candidate, concurrency);
      const ownHandled = turnsOf(handled, candidate, concurrency);
      const floor = turnsOf(puts, FLOOR, concurrency);
      const toFloor = own.map(({ perSecond }, round) => perSecond / (floor[round]?.perSecond ?? Number.NaN));
      return {
        candidate,
        concurrency,
        putsPerSecond: medianOf(own, 'perSecond'),
        putsToFloor: median(toFloor),
        putP50Ms: medianOf(own, 'p50Ms'),
        putP99Ms: medianOf(own, 'p99Ms'),
        appCpuMicrosPerPut: perEvent(own, 'appMicros'),
        serverCpuMicrosPerPut: hasServer ? perEvent(own, 'serverMicros') : null,
        handledPerSecond: medianOf(ownHandled, 'perSecond'),
        appCpuMicrosPerHandled: perEvent(ownHandled, 'appMicros'),
        serverCpuMicrosPerHandled: hasServer ? perEvent(ownHandled, 'serverMicros') : null,
      };
    }),
  );
}

function turnsOf<Measured>(
  samples: readonly Sample<Measured>[],
  candidate: string,
  concurrency: number,
): Sample<Measured>[] {
  return samples.filter((sample) => sample.candidate === candidate && sample.concurrency === concurrency);
}

function medianOf<Field extends string>(
  turns: readonly Readonly<Record<Field, number>>[],
  field: Field,
): number {
  return median(turns.map((turn) => turn[field]));
}

/** CPU time is summed up before it is divided, because that of a server is counted in steps of 10 ms. */
function perEvent(turns: readonly Turn[], field: 'appMicros' | 'serverMicros'): number {
  const sum = (of: (turn: Turn) => number) => turns.reduce((total, turn) => total + of(turn), 0);
  return sum((turn) => turn[field]) / sum(({ events }) => events);
}
