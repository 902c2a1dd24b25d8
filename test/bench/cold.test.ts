import { expect, it } from 'vitest';
import { bundleProgram } from './src/cold/bundle.ts';
import { PLATFORMS, PROGRAMS } from './src/groups/cold.ts';
import { deliveries, type Incoming } from './src/receivers.ts';

const candidates = Object.entries(PLATFORMS).flatMap(([platform, { ask }]) =>
  PROGRAMS.map((program) => ({ platform, program, ask })),
);

// This looks at what each candidate does and not at time: one that fails would look fast.
it.each(candidates)(
  'a new $platform, $program, answers 200 to a delivery and, if it verifies, 401 to a forgery',
  async ({ platform, program, ask }) => {
    const code = await bundleProgram(`${platform}-${program}`, ['@showpad-webhooks/source']);
    const [genuine] = deliveries(1, 1_024) as [Incoming];
    const [forged] = deliveries(1, 1_024, true) as [Incoming];
    expect((await ask(code, genuine)).status).toBe(200);
    expect((await ask(code, forged)).status).toBe(program === 'empty' ? 200 : 401);
  },
);
