import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../packages/emulator/src/random.ts';
import { awsLimits } from './src/capacity/aws.ts';
import { calculate, errorOf } from './src/capacity/check.ts';
import { type Costs, readCosts, type StoreCosts } from './src/capacity/costs.ts';
import { limitsOf, type Setup } from './src/capacity/limits.ts';
import { DEFAULT_PLAN, eventsPerDay, type Plan, peakPerSecond } from './src/capacity/plan.ts';
import { type RecordedCosts, readRecordedCosts } from './src/capacity/recorded.ts';
import { smallestSetup } from './src/capacity/smallest-setup.ts';
import { about, aboutBytes } from './src/capacity/text.ts';
import { averageWaitMs, burstMs, handledPerSecond } from './src/capacity/waiting.ts';
import { createTurn } from './src/measure/turns.ts';
import { PAGE, withModel } from './src/page.ts';
import { simulateHandling } from './src/places.ts';

const STORE: StoreCosts = {
  loopMicros: 200,
  appMicros: 200,
  serverMicros: 100,
  waitingBytes: 2_000,
  doneBytes: 1_000,
  writtenBytes: 3_000,
};
const COSTS: Costs = {
  deliveryMicros: 300,
  handlerMicros: 500,
  processBytes: 1e8,
  stores: { sqlite: { ...STORE, serverMicros: 0 }, postgres: STORE, redis: STORE },
};

const first = (setup: Setup, costs = COSTS, plan = DEFAULT_PLAN) => {
  const [limit] = limitsOf(setup, costs, plan);
  if (!limit) throw new Error('A set-up has no limit.');
  return limit;
};

describe('the limits of a set-up', () => {
  it('are what follows from the costs', () => {
    const plan = { ...DEFAULT_PLAN, cores: 4, diskMegabytesPerSecond: 90, redisGigabytes: 7 };
    const of = (setup: Setup) =>
      Object.fromEntries(limitsOf(setup, COSTS, plan).map(({ what, perSecond }) => [what, perSecond]));
    expect(of({ processes: 1, concurrency: 8 })).toEqual({ 'the event loop of the app': 1_250 });
    expect(of({ engine: 'sqlite', processes: 2, concurrency: 8 })).toEqual({
      'places for handlers': 320,
      'the event loop of the app': 2_000,
      '4 cores': 4_000,
      'one process writes at a time': 5_000,
      '90 MB per second of the disk': 30_000,
    });
    expect(of({ engine: 'postgres', processes: 10, concurrency: 50 })).toEqual({
      'the event loop of the app': 10_000,
      'places for handlers': 10_000,
      '90 MB per second of the disk': 30_000,
      '4 cores of Postgres': 40_000,
    });
    const redis = { engine: 'redis', processes: 10, concurrency: 50 } as const;
    expect(of({ ...redis, stores: 2 })).toMatchObject({ 'the one thread of Redis': 20_000 });
    const memory = limitsOf(redis, COSTS, plan).find(({ what }) => what.includes('memory'));
    expect(memory?.perDay).toBe(1e6); // 7 GB hold seven days with a million events of 1 kB.
  });

  const setups = fc.record({
    engine: fc.constantFrom('sqlite', 'postgres', 'redis'),
    processes: fc.integer({ min: 1, max: 50 }),
    concurrency: fc.integer({ min: 1, max: 500 }),
  });
  const plans = fc
    .record({
      peakFactor: fc.integer({ min: 1, max: 100 }),
      share: fc.double({ min: 0.1, max: 1, noNaN: true }),
      handlerMs: fc.integer({ min: 1, max: 10_000 }),
      cores: fc.integer({ min: 1, max: 64 }),
      diskMegabytesPerSecond: fc.integer({ min: 1, max: 2_000 }),
      redisGigabytes: fc.integer({ min: 1, max: 512 }),
    })
    .map((plan): Plan => ({ ...DEFAULT_PLAN, ...plan }));
  const factors = fc.double({ min: 1.1, max: 10, noNaN: true });

  it('are never higher if a step costs more, events come less evenly, or handlers take longer', () => {
    const property = fc.property(setups, plans, factors, (setup, plan, factor) => {
      const before = first(setup, COSTS, plan).perDay;
      const dearer = (name: keyof StoreCosts) => ({ ...STORE, [name]: STORE[name] * factor });
      for (const name of Object.keys(STORE) as (keyof StoreCosts)[]) {
        const stores = { sqlite: dearer(name), postgres: dearer(name), redis: dearer(name) };
        expect(first(setup, { ...COSTS, stores }, plan).perDay).toBeLessThanOrEqual(before);
      }
      for (const name of ['deliveryMicros', 'handlerMicros'] as const) {
        const costs = { ...COSTS, [name]: COSTS[name] * factor };
        expect(first(setup, costs, plan).perDay).toBeLessThanOrEqual(before);
      }
      for (const name of ['peakFactor', 'handlerMs'] as const) {
        const harder = { ...plan, [name]: plan[name] * factor };
        expect(first(setup, COSTS, harder).perDay).toBeLessThanOrEqual(before);
      }
    });
    fc.assert(property, { seed: 26, numRuns: 200 });
  });

  it('rise together with what there is more of, so something else is first sooner or later', () => {
    const property = fc.property(setups, plans, (setup, plan) => {
      const before = limitsOf(setup, COSTS, plan);
      const after = limitsOf({ ...setup, concurrency: setup.concurrency * 1e6 }, COSTS, plan);
      expect(after[0]?.what).not.toBe('places for handlers');
      for (const { what, perDay } of before) {
        const raised = after.find((limit) => limit.what === what)?.perDay ?? 0;
        expect(raised / perDay).toBeCloseTo(what === 'places for handlers' ? 1e6 : 1);
      }
    });
    fc.assert(property, { seed: 26, numRuns: 200 });
  });

  it('are those of each store times the number of stores', () => {
    const setup = { engine: 'postgres', processes: 4, concurrency: 64 } as const;
    expect(first({ ...setup, stores: 3 }).perDay).toBeCloseTo(3 * first(setup).perDay);
  });
});

describe('the smallest set-up', () => {
  it('carries the events, and one process less would not', () => {
    const property = fc.property(fc.double({ min: 3, max: 9, noNaN: true }), (power) => {
      const perDay = 10 ** power;
      const setup = smallestSetup(perDay, COSTS, DEFAULT_PLAN);
      expect(first(setup).perDay).toBeGreaterThanOrEqual(perDay);
      if (setup.processes > 1)
        expect(first({ ...setup, processes: setup.processes - 1 }).perDay).toBeLessThan(perDay);
      if ((setup.stores ?? 1) > 1) {
        const fewer = { ...setup, stores: (setup.stores ?? 1) - 1, processes: 1e6 };
        expect(first(fewer).perDay).toBeLessThan(perDay);
      }
    });
    fc.assert(property, { seed: 26, numRuns: 50 });
  });

  it('is one process with SQLite, as it is, for 50,000 events a day, as docs/scaling.md says', () => {
    const costs = readCosts(readRecordedCosts(), 1);
    expect(smallestSetup(50_000, costs, DEFAULT_PLAN)).toEqual({
      engine: 'sqlite',
      processes: 1,
      concurrency: 8,
    });
  });
});

it('a day and its busiest second are converted in both directions', () => {
  const plan = { peakFactor: 10, share: 0.5 };
  expect(peakPerSecond(86_400, plan)).toBe(10);
  expect(eventsPerDay(20, plan)).toBe(86_400);
});

describe('AWS', () => {
  it('limits what our template allows first, the lowest first', () => {
    const [first, second] = awsLimits(1);
    expect([first?.name, first?.perSecond(1)]).toEqual(['`ThrottlingRateLimit`', 50]);
    expect([second?.name, second?.perSecond(1)]).toEqual(['`MaximumConcurrency`', 100]);
    const rates = awsLimits(0.05).map((limit) => limit.perSecond(0.05));
    expect(rates).toEqual(rates.toSorted((one, other) => one - other));
  });
});

describe('events that wait for a handler', () => {
  it('of a burst are all handled when the model says so', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 1_000 }),
      (events, places, handlerMs) => {
        const arrivalsMs = new Array<number>(events).fill(0);
        const { endedMs } = simulateHandling({ arrivalsMs, places, nextHandlerMs: () => handlerMs });
        expect(endedMs).toBe(burstMs(events, places, handlerMs));
      },
    );
    fc.assert(property, { seed: 26, numRuns: 50 });
  });

  it.each([
    [1, 0.5],
    [8, 0.5],
    [8, 0.8],
    [8, 0.9],
    [64, 0.9],
  ])(
    'in front of %i places, of which a share of %f is used, wait as long as the model says',
    (places, share) => {
      const random = createRandom('places');
      const exponential = (mean: number) => -mean * Math.log(1 - random());
      const handlerMs = 50;
      const perMs = (share * places) / handlerMs;
      const arrivalsMs: number[] = [];
      for (let index = 0, atMs = 0; index < 100_000; index++) {
        atMs += exponential(1 / perMs);
        arrivalsMs.push(atMs);
      }
      const { waitsMs } = simulateHandling({
        arrivalsMs,
        places,
        nextHandlerMs: () => exponential(handlerMs),
      });
      const average = waitsMs.reduce((sum, ms) => sum + ms, 0) / waitsMs.length;
      const expected = averageWaitMs(share, places, handlerMs);
      expect(Math.abs(average - expected)).toBeLessThan(0.1 * expected);
    },
  );

  it('wait longer and longer if more of them come than the model says can be handled', () => {
    const [places, handlerMs] = [8, 50];
    const mostPerSecond = handledPerSecond(places, handlerMs);
    const lagMs = (share: number) => {
      const arrivalsMs = Array.from(
        { length: 20_000 },
        (_, index) => (index * 1_000) / (share * mostPerSecond),
      );
      return simulateHandling({ arrivalsMs, places, nextHandlerMs: () => handlerMs }).waitsMs.at(-1) ?? 0;
    };
    expect(lagMs(0.99)).toBe(0);
    // What comes beyond the limit waits: of the time in which 20,000 events come, a tenth.
    const arrivedMs = (20_000 * 1_000) / (1.1 * mostPerSecond);
    expect(Math.abs(lagMs(1.1) - 0.1 * arrivedMs)).toBeLessThan(handlerMs);
  });
});

describe('what is measured', () => {
  const whole = { appCpuMicros: 0, serverCpuMicros: 0, senderCpuMicros: 100, freeCores: 1.5, rssBytes: 5e7 };
  const recorded: RecordedCosts = {
    date: '2026-11-29',
    node: '20.20.2',
    cpus: 2,
    cpuModel: 'AMD EPYC',
    bodyBytes: 600,
    handlerMicros: 400,
    bytes: (['sqlite', 'postgres', 'redis'] as const).map((engine) => ({
      engine,
      waiting: 3,
      done: 2,
      written: 1,
    })),
    steps: (['sqlite', 'postgres', 'redis'] as const).flatMap((engine) => [
      { engine, concurrency: 1, appMicros: 200, serverMicros: 150, wallMicros: 350 },
      { engine, concurrency: 8, appMicros: 100, serverMicros: 50, wallMicros: 150 },
    ]),
    overHttp: [{ ...whole, processes: 1, connections: 8, perSecond: 3_000, appCpuMicros: 200 }],
  };

  it('gives the costs of an event: SQLite keeps the event loop until it is durable', () => {
    const { deliveryMicros, stores } = readCosts(recorded, 8);
    expect(deliveryMicros).toBe(200);
    expect(stores.sqlite).toMatchObject({ loopMicros: 150, appMicros: 100 });
    expect(stores.postgres).toMatchObject({ loopMicros: 100, appMicros: 100, serverMicros: 50 });
    expect(readCosts(recorded, 1).stores.sqlite.loopMicros).toBe(350);
    expect(() => readCosts(recorded, 9)).toThrow(
      'Nothing was measured of this: Express without a store, 9 connections.',
    );
  });

  it('tells what a whole app should do, on the cores that it has', () => {
    const app = { ...whole, engine: 'postgres', processes: 1, connections: 8, perSecond: 0 } as const;
    const { shared, alone } = calculate({ ...app, freeCores: 0.9 }, recorded);
    expect(shared).toEqual({ appCpuMicros: 300, serverCpuMicros: 50, perSecond: 2_000 }); // 0.9 cores for 450 µs per event
    expect(alone).toMatchObject({ appCpuMicros: 400, serverCpuMicros: 150 });
    const roomy = { ...app, freeCores: 8 };
    expect(calculate(roomy, recorded).shared.perSecond).toBeCloseTo(1e6 / 300); // its event loop
    const two = { ...roomy, processes: 2, connections: 16 };
    expect(calculate(two, recorded).shared.perSecond).toBeCloseTo(2e6 / 300);
  });

  it('is off by as much as it lies outside of what was calculated', () => {
    const figures = (value: number) => ({ appCpuMicros: value, serverCpuMicros: 0, perSecond: 0 });
    const calculated = { shared: figures(300), alone: figures(400) };
    const errors = [200, 300, 350, 400, 500].map((value) =>
      errorOf('appCpuMicros', figures(value), calculated),
    );
    expect(errors).toEqual([0.5, 0, 0, 0, 0.2]);
    expect(errorOf('serverCpuMicros', figures(1), calculated)).toBe(0);
  });
});

it('what is measured in turns has the median of each number', async () => {
  const samples = [100, 1, 3, 2].map((micros) => ({ engine: 'sqlite', micros })).values();
  const turn = createTurn(async () => samples.next().value as { engine: string; micros: number });
  await turn.warmUp();
  for (let round = 0; round < 3; round++) await turn.measure();
  expect(turn.result()).toEqual({ engine: 'sqlite', micros: 2 });
});

it('numbers have two digits', () => {
  const numbers = [0, 0.123, 9.96, 1_234, 99_600, 1_234_567, 98_765_432_100];
  expect(numbers.map(about)).toEqual(['0', '0.12', '10', '1,200', '100,000', '1.2 million', '99 billion']);
  expect([582, 11_073, 4.1e6, 2e12].map(aboutBytes)).toEqual(['580 bytes', '11 kB', '4.1 MB', '2 TB']);
});

it('the tables of docs/scaling.md are what the model says', () => {
  const page = readFileSync(PAGE, 'utf8');
  const hint = 'Run "pnpm --dir test/simulation model", and look at what has changed.';
  expect(withModel(page), hint).toBe(page);
});
