import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import { isDelivered } from '../http/answer.ts';
import { isAnswer, send } from '../http/send.ts';
import type { Result } from './examine.ts';

/** Handlers may run from an inbox, after the answer. */
const MAX_WAIT_MS = 10_000;
const POLL_MS = 100;

/** How often the handlers of the app ran for each event id, as the app's probe says. */
type Counts = ReadonlyMap<string, number>;

/** What the probe says about one event that was sent. */
export interface Effect {
  readonly eventId: string;
  /** The check that sent it first. */
  readonly title: string;
  readonly expected: 0 | 1;
  readonly count: number;
}

/** Asks the probe of an app what the deliveries of the checks did, until every accepted event has been handled. */
export async function readEffects(
  probe: URL,
  results: readonly Result[],
  signal: AbortSignal,
): Promise<readonly Effect[]> {
  const expected = expectationsOf(results);
  const endsAtMs = performance.now() + MAX_WAIT_MS;
  for (;;) {
    const counts = await readCounts(probe, signal);
    const effects = [...expected].map(([eventId, each]) => ({
      eventId,
      ...each,
      count: counts.get(eventId) ?? 0,
    }));
    const isWaiting = effects.some((each) => each.count < each.expected);
    if (!isWaiting || performance.now() > endsAtMs) return effects;
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** An accepted event has to be handled once, however often it was sent, and a refused one never. */
function expectationsOf(results: readonly Result[]): ReadonlyMap<string, Pick<Effect, 'title' | 'expected'>> {
  const expected = new Map<string, Pick<Effect, 'title' | 'expected'>>();
  for (const { check, eventId, status, outcome } of results) {
    // Nobody knows whether the app handles this one, because it has another type or no data.
    if (eventId === undefined || check.id === 'unknown-type' || check.id === 'handler-failing') continue;
    const isHandled = isDelivered(status) && outcome.outcome !== 'ignored';
    const before = expected.get(eventId);
    const title = before?.title ?? check.title;
    expected.set(eventId, { title, expected: isHandled || before?.expected === 1 ? 1 : 0 });
  }
  return expected;
}

async function readCounts(url: URL, signal: AbortSignal): Promise<Counts> {
  const answer = await send({ url, method: 'GET', headers: {}, body: new Uint8Array(), signal });
  signal.throwIfAborted();
  if (!isAnswer(answer)) throw probeError(`The probe did not answer: ${answer.message}.`);
  if (answer.status !== 200) throw probeError(`The probe answered with ${answer.status}.`);
  try {
    const counts: unknown = JSON.parse(answer.body.toString());
    if (typeof counts === 'object' && counts !== null && !Array.isArray(counts)) {
      const entries = Object.entries(counts);
      if (entries.every(([, count]) => Number.isInteger(count))) return new Map(entries);
    }
  } catch {
    // The error below says what is expected.
  }
  throw probeError('The probe did not answer with counts.');
}

function probeError(message: string): CliError {
  return new CliError(
    message,
    'It must answer 200 and a JSON object that says for each event id how often the handlers ran, such as {"an-id":1}.',
  );
}
