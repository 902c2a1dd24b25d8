import { afterAll, afterEach, beforeAll } from 'vitest';
import { type Journal, journal, settled } from '../support.ts';

interface Warning extends Error {
  readonly code?: string;
  readonly detail?: string;
}

/** What the process warns of during the current test. Node emits warnings a moment after they are raised: wait for them. */
export function processWarnings(): Journal<Warning> {
  let warnings = journal<Warning>();
  const keep = (warning: Warning) => warnings.add(warning);
  beforeAll(() => void process.on('warning', keep));
  afterAll(() => void process.off('warning', keep));
  afterEach(async () => {
    await settled(); // What this test raised at its end must not reach the next one.
    warnings = journal();
  });
  return {
    get entries() {
      return warnings.entries;
    },
    add: (warning) => warnings.add(warning),
    has: (count) => warnings.has(count),
  };
}
