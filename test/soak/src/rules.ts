import { findOverlaps } from '@showpad-webhooks/inbox-tests';
import type { Figures, Limits } from './figures.ts';
import type { SoakRecord } from './report.ts';
import type { Kind } from './sender.ts';
import { isRising } from './trend.ts';

/** What a delivery of each kind may be answered. A good one gets a 503 during a deploy and while the clock is wrong. */
const GOOD_ANSWERS = ['200', '202', '503', 'none'];
const ANSWERS: Readonly<Record<Kind, readonly string[]>> = {
  good: GOOD_ANSWERS,
  duplicate: GOOD_ANSWERS,
  slow: GOOD_ANSWERS,
  huge: GOOD_ANSWERS,
  interrupted: GOOD_ANSWERS,
  forged: ['401', '503', 'none'],
  'too large': ['202', '503', 'none'],
};

/** Says in plain words which promises were broken. Empty if none was. */
export function findBroken(record: SoakRecord, figures: Figures, limits: Limits): readonly string[] {
  return [
    ...eventsBroken(record),
    ...answersBroken(record),
    ...livesBroken(record),
    ...notFlat(figures, limits),
  ];
}

function eventsBroken({ sent, lives, counts }: SoakRecord): readonly string[] {
  const happened = new Set(lives.flatMap(({ effects }) => effects));
  const lost = [...sent.acknowledged].filter((id) => !happened.has(id));
  const atOnce = findOverlaps(lives.flatMap(({ runs }) => runs));
  const left = counts.pending + counts.leased;
  return sentences([
    [lost.length, 'events were acknowledged and lost', lost],
    [atOnce.length, 'events ran twice at once', atOnce],
    ...[repeated(lives)].map(
      (ids) => [ids.length, 'events ran again after their effect, and no process was killed', ids] as const,
    ),
    [left, 'events were still not handled at the end', []],
    [Math.max(0, sent.acknowledged.size - counts.done), 'acknowledged events are not remembered as done', []],
    [Math.max(0, counts.dead - sent.tooLarge), 'events are dead and were not too large', []],
  ]);
}

/** The events whose effect came once more although the process that had it first was not killed. */
function repeated(lives: SoakRecord['lives']): readonly string[] {
  const done = new Set<string>();
  const again = new Set<string>();
  for (const { effects, end } of lives) {
    const inThisLife = new Set<string>();
    for (const id of effects) {
      if (done.has(id) || inThisLife.has(id)) again.add(id);
      inThisLife.add(id);
    }
    if (end === 'stopped') for (const id of inThisLife) done.add(id);
  }
  return [...again];
}

function answersBroken({ sent: { answers } }: SoakRecord): readonly string[] {
  return [...answers].flatMap(([kind, statuses]) =>
    Object.entries(statuses)
      .filter(([status]) => !ANSWERS[kind].includes(status))
      .map(([status, count]) => `${count} deliveries that were ${kind} were answered ${status}.`),
  );
}

function livesBroken({ lives }: SoakRecord): readonly string[] {
  const count = (isSo: (life: SoakRecord['lives'][number]) => boolean) => lives.filter(isSo).length;
  return sentences([
    [count(({ end }) => end === 'crashed'), 'processes ended by themselves', []],
    [count(({ hung }) => hung), 'processes did not end in time after a SIGTERM', []],
  ]);
}

function notFlat({ longest, all }: Figures, limits: Limits): readonly string[] {
  const checked = [
    ['The RSS of the longest process', longest.rssMiB, limits.rssMiB, 'MiB'],
    ['The heap of the longest process', longest.heapMiB, limits.heapMiB, 'MiB'],
    ['The number of descriptors of the longest process', longest.descriptors, limits.descriptors, ''],
    ['The p99 of the answers of the longest process', longest.p99Ms, limits.p99Ms, 'ms'],
    ['The RSS over all processes', all.rssMiB, limits.rssMiB, 'MiB'],
    ['The heap over all processes', all.heapMiB, limits.heapMiB, 'MiB'],
    ['The number of descriptors over all processes', all.descriptors, limits.descriptors, ''],
  ] as const;
  return checked
    .filter(([, trend, most]) => isRising(trend, most))
    .map(
      ([what, trend, most, unit]) =>
        `${what} rose by ${trend?.growth.toFixed(1)} ${unit}, and ${most} are allowed.`,
    );
}

function sentences(found: readonly (readonly [number, string, readonly string[]])[]): readonly string[] {
  return found
    .filter(([count]) => count > 0)
    .map(([count, what, ids]) => `${count} ${what}${ids.length > 0 ? `, such as ${ids[0]}` : ''}.`);
}
