import { basename } from 'node:path';
import { type Candidate, type Engine, FLOOR, OURS, type RunningEngine } from './candidate.ts';
import { type Handling, measurePuts, type PutTurn, startHandling, type Turn } from './measure.ts';
import type { InboxResult } from './results.ts';
import { type Sample, summarize } from './summarize.ts';

export interface InboxPace {
  readonly rounds: number;
  /** How long a candidate puts in its turn. */
  readonly putMs: number;
  /** How many events a candidate handles in its turn, at most. */
  readonly events: number;
  readonly concurrencies: readonly number[];
  /** If it is set, the inbox and the floor also take part with so many events that were handled before. */
  readonly rows?: number | undefined;
  /** Other checkouts of this repository. If it is set, only their inboxes take part, the one of this checkout, and the floor. */
  readonly checkouts?: readonly string[] | undefined;
}

type Candidates = ReadonlyMap<string, Candidate>;

/**
 * Measures each candidate of an engine.
 *
 * @throws Error if the floor keeps fewer bytes than the inbox, because then it would be no floor.
 */
export async function measureEngine(engine: Engine, pace: InboxPace): Promise<InboxResult[]> {
  const running = await engine.start(pace.checkouts);
  try {
    const puts = await measureStoring(running, pace);
    const handled = await measureHandling(running, pace);
    const results = summarize(puts, handled, { hasServer: running.serverPid !== undefined });
    return results.map((result) => ({ engine: engine.name, ...result }));
  } finally {
    await running.remove();
  }
}

async function measureStoring(running: RunningEngine, pace: InboxPace): Promise<Sample<PutTurn>[]> {
  const candidates = await openAll(running, pace);
  for (const candidate of candidates.values()) await measurePuts(candidate, 8, pace.putMs / 2);
  await checkFloor(candidates);
  const samples = await inTurns(candidates, pace, (candidate, concurrency) =>
    measurePuts(candidate, concurrency, pace.putMs, running.serverPid),
  );
  await closeAll(candidates);
  return samples;
}

async function measureHandling(running: RunningEngine, pace: InboxPace): Promise<Sample<Turn>[]> {
  const candidates = await openAll(running, pace);
  const puts = { most: pace.events, lengthMs: pace.putMs };
  const handlings = new Map<string, Handling>();
  for (const [name, candidate] of candidates) {
    const handling = await startHandling(candidate);
    await handling(8, puts);
    handlings.set(name, handling);
  }
  const samples = await inTurns(handlings, pace, (handling, concurrency) =>
    handling(concurrency, puts, running.serverPid),
  );
  await closeAll(candidates);
  return samples;
}

/** Measures each once in a round. Each round begins with a different one. */
async function inTurns<Each, Measured>(
  all: ReadonlyMap<string, Each>,
  { rounds, concurrencies }: InboxPace,
  measure: (each: Each, concurrency: number) => Promise<Measured>,
): Promise<Sample<Measured>[]> {
  const entries = [...all];
  const samples: Sample<Measured>[] = [];
  for (const concurrency of concurrencies) {
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < entries.length; turn++) {
        const [candidate, each] = entries[(round + turn) % entries.length] as [string, Each];
        samples.push({ ...(await measure(each, concurrency)), candidate, concurrency });
      }
    }
  }
  return samples;
}

async function openAll({ candidates }: RunningEngine, { rows, checkouts }: InboxPace): Promise<Candidates> {
  const opened = new Map<string, Candidate>();
  const compared = checkouts && [OURS, FLOOR, ...checkouts.map((folder) => basename(folder))];
  for (const [name, open] of Object.entries(candidates)) {
    if (compared && !compared.includes(name)) continue;
    const candidate = await open();
    opened.set(name, candidate);
    if (rows === undefined || !candidate.addRows) continue;
    const withRows = await open();
    await withRows.addRows?.(rows);
    opened.set(`${name}, ${rows.toLocaleString('en')} rows`, withRows);
  }
  return opened;
}

async function closeAll(candidates: Candidates): Promise<void> {
  for (const candidate of candidates.values()) await candidate.close();
}

async function checkFloor(candidates: Candidates): Promise<void> {
  const ours = (await candidates.get(OURS)?.bytesPerEvent?.()) ?? Number.NaN;
  const floor = (await candidates.get(FLOOR)?.bytesPerEvent?.()) ?? Number.NaN;
  if (floor >= ours) return;
  throw new Error(
    `The floor keeps ${floor} bytes of an event, and the inbox ${ours}. Let the floor keep as many.`,
  );
}
