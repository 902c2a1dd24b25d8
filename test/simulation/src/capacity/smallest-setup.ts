import { INBOX_DEFAULTS } from '@showpad-webhooks/core/inbox';
import type { Costs } from './costs.ts';
import { limitsOf, type Setup } from './limits.ts';
import type { Plan } from './plan.ts';

/** Returns the smallest set-up with an inbox that carries so many events a day. */
export function smallestSetup(perDay: number, costs: Costs, plan: Plan): Setup {
  const carries = (setup: Setup) => (limitsOf(setup, costs, plan)[0]?.perDay ?? 0) >= perDay;
  const { concurrency } = plan;
  for (const setup of [
    { engine: 'sqlite', processes: 1, concurrency: INBOX_DEFAULTS.concurrency },
    { engine: 'sqlite', processes: 1, concurrency },
  ] as const) {
    if (carries(setup)) return setup;
  }
  const postgres = { engine: 'postgres', concurrency } as const;
  const stores = firstNumber((stores) =>
    carries({ ...postgres, processes: Number.POSITIVE_INFINITY, stores }),
  );
  const processes = firstNumber((processes) => carries({ ...postgres, processes, stores }));
  return { ...postgres, processes, stores };
}

function firstNumber(isEnough: (number: number) => boolean): number {
  let number = 1;
  while (!isEnough(number)) number++;
  return number;
}
