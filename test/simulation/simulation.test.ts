import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHOWPAD_RETRY_DELAYS_MS } from '../../packages/emulator/src/delivery/retry.ts';
import { createRandom } from '../../packages/emulator/src/random.ts';
import { createAgenda } from './src/agenda.ts';
import { outage, rollingDeploy } from './src/availability.ts';
import {
  lostInOutage,
  lostInRandomOutages,
  lostToFailures,
  lostWithHandlers,
  retryWindowMs,
} from './src/closed-form.ts';
import { type RetryDelays, SHOWPAD_ATTEMPTS } from './src/showpad.ts';
import { evenly, type Scenario, shareOf, simulate } from './src/simulate.ts';

const READINGS: readonly RetryDelays[] = ['offset', 'interval'];
const EVENTS = 1_000;
const arrivalsMs = evenly(EVENTS, 0, 60_000);
/** Four standard deviations of the share of `EVENTS` events. A fixed seed either passes or does not. */
const near = (share: number) => 4 * Math.sqrt(Math.max(share * (1 - share), 1 / EVENTS) / EVENTS);

describe('the agenda', () => {
  it('runs what is due in the order of time, and in the order of adding at the same time', () => {
    const property = fc.property(fc.array(fc.nat(20), { maxLength: 200 }), (times) => {
      const agenda = createAgenda();
      const ran: (readonly [number, number])[] = [];
      for (const [index, atMs] of times.entries()) agenda.at(atMs, () => ran.push([agenda.now(), index]));
      agenda.run();
      const expected = times.map((atMs, index) => [atMs, index] as const);
      expect(ran).toEqual(expected.toSorted(([a, i], [b, j]) => a - b || i - j));
    });
    fc.assert(property, { seed: 26, numRuns: 100 });
  });

  it('does not go back', () => {
    const agenda = createAgenda();
    agenda.at(2, () => agenda.at(1, () => {}));
    expect(() => agenda.run()).toThrow('It is 2 ms, so nothing can happen at 1 ms any more.');
  });
});

describe.each(READINGS)('with retries as %s', (retryDelays) => {
  const windowMs = retryWindowMs(SHOWPAD_RETRY_DELAYS_MS, retryDelays);
  const lost = (scenario: Omit<Scenario, 'retryDelays'>) =>
    shareOf('lost', simulate({ ...scenario, retryDelays }));

  it('an outage of L seconds loses max(0, L − window) / L of its events, unless a gateway stores them', () => {
    const property = fc.property(fc.integer({ min: 1, max: 120_000 }), (lengthMs) => {
      const arrivals = evenly(200, 0, lengthMs);
      const expected = lostInOutage(lengthMs, windowMs);
      const app = outage(0, lengthMs);
      for (const design of ['none', 'ledger', 'inbox'] as const) {
        expect(Math.abs(lost({ design, arrivalsMs: arrivals, app }) - expected)).toBeLessThanOrEqual(1 / 200);
      }
      expect(lost({ design: 'queue', arrivalsMs: arrivals, app })).toBe(0);
      // If only what the handlers call is down, an inbox has stored the event before it matters.
      const dependency = app;
      const withoutInbox = lost({ design: 'ledger', arrivalsMs: arrivals, dependency });
      expect(Math.abs(withoutInbox - expected)).toBeLessThanOrEqual(1 / 200);
      expect(lost({ design: 'inbox', arrivalsMs: arrivals, dependency })).toBe(0);
    });
    fc.assert(property, { seed: 26, numRuns: 25 });
  });

  it('outages of random lengths lose e^(−window / mean) of their events', () => {
    const random = createRandom('outages');
    for (const meanMs of [5_000, 20_000, 60_000]) {
      const lengths = Array.from({ length: 1_500 }, () => -meanMs * Math.log(1 - random()));
      // A long outage has more events, so each has as many as it has seconds.
      const counts = lengths.map((lengthMs) => Math.round(lengthMs / 1_000));
      const lostEvents = lengths.map((lengthMs, index) => {
        const app = outage(0, lengthMs);
        const arrivals = evenly(counts[index] ?? 0, 0, lengthMs);
        return arrivals.length === 0
          ? 0
          : arrivals.length * lost({ design: 'none', arrivalsMs: arrivals, app });
      });
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      const expected = lostInRandomOutages(meanMs, windowMs);
      expect(sum(lostEvents) / sum(counts)).toBeCloseTo(expected, 1.5);
    }
  });

  it.each([0.1, 0.5, 0.9])(
    'handlers that fail with probability %f lose as many events as calculated',
    (p) => {
      const one = { failureProbability: p };
      const three = { failureProbability: p, count: 3 };
      const attempts = SHOWPAD_ATTEMPTS;
      const cases = [
        [lost({ design: 'none', arrivalsMs, handlers: one }), lostToFailures(p, attempts)],
        [lost({ design: 'none', arrivalsMs, handlers: three }), lostWithHandlers(p, 3, attempts)],
        [lost({ design: 'ledger', arrivalsMs, handlers: three }), lostWithHandlers(p, 3, attempts)],
      ] as const;
      for (const [simulated, calculated] of cases) {
        expect(Math.abs(simulated - calculated)).toBeLessThanOrEqual(near(calculated));
      }
      expect(lost({ design: 'inbox', arrivalsMs, handlers: three })).toBe(0);
      const { fates } = simulate({ design: 'inbox', arrivalsMs, handlers: one, retryDelays });
      const dead = fates.filter((fate) => fate === 'dead').length / EVENTS;
      expect(Math.abs(dead - lostToFailures(p, 8))).toBeLessThanOrEqual(near(lostToFailures(p, 8)));
    },
  );

  it('a rolling deploy that the load balancer does not notice loses (1 / instances)^attempts', () => {
    const app = rollingDeploy({ instances: 2, restartMs: 60_000, unnoticedMs: 60_000 });
    const simulated = lost({ design: 'inbox', arrivalsMs, app });
    expect(Math.abs(simulated - lostToFailures(1 / 2, SHOWPAD_ATTEMPTS))).toBeLessThanOrEqual(near(1 / 16));
    const drained = rollingDeploy({ instances: 2, restartMs: 60_000, unnoticedMs: 0 });
    expect(lost({ design: 'none', arrivalsMs, app: drained })).toBe(0);
  });

  it('a handler that takes longer than Showpad waits runs four times, and once behind a ledger or an inbox', () => {
    const slow = { arrivalsMs: [0], handlers: { durationMs: 40_000 }, retryDelays };
    expect(simulate({ ...slow, design: 'none' })).toEqual({ fates: ['handled'], runs: [4] });
    for (const design of ['ledger', 'inbox'] as const) {
      expect(simulate({ ...slow, design })).toEqual({ fates: ['handled'], runs: [1] });
    }
  });

  it('an event that a process took with it runs again when its lease is over, behind a ledger with the last retry', () => {
    const cutOff = {
      arrivalsMs: [0],
      handlers: { durationMs: 2_000 },
      app: outage(1_000, 2_000),
      retryDelays,
    };
    for (const design of ['none', 'ledger', 'inbox'] as const) {
      expect(simulate({ ...cutOff, design })).toEqual({ fates: ['handled'], runs: [1] });
    }
  });
});

describe('whatever happens', () => {
  const scenarios = fc.record({
    retryDelays: fc.constantFrom(...READINGS),
    app: fc
      .tuple(fc.nat(90_000), fc.nat(90_000))
      .map(([fromMs, lengthMs]) => outage(fromMs, fromMs + lengthMs)),
    dependency: fc.nat(7_200_000).map((untilMs) => outage(30_000, untilMs)),
    handlers: fc.record({
      count: fc.integer({ min: 1, max: 3 }),
      durationMs: fc.nat(30_000),
      failureProbability: fc.constantFrom(0, 0.3),
    }),
    seed: fc.string(),
    arrivalsMs: fc.constant(evenly(40, 0, 120_000)),
  });

  it('the same scenario has the same result, an inbox loses no more than a ledger, and a queue nothing', () => {
    const property = fc.property(scenarios, (scenario) => {
      const of = (design: Scenario['design']) => simulate({ ...scenario, design });
      expect(of('inbox')).toEqual(of('inbox'));
      expect(shareOf('lost', of('inbox'))).toBeLessThanOrEqual(shareOf('lost', of('ledger')));
      expect(of('queue').fates).not.toContain('lost');
      for (const design of ['ledger', 'inbox', 'queue'] as const)
        expect(Math.max(...of(design).runs)).toBeLessThanOrEqual(1);
    });
    fc.assert(property, { seed: 26, numRuns: 30 });
  });
});
