import { expect, test } from 'vitest';
import { runLoad } from './src/load.ts';

test('50 senders for a second: nothing handled twice, nothing acknowledged and lost', async () => {
  const { faults, eventsHandled, handlerFailures, answers } = await runLoad({
    seconds: 1,
    senders: 50,
    seed: 1,
  });
  expect(faults).toEqual([]);
  expect(eventsHandled).toBeGreaterThan(50);
  expect(handlerFailures).toBeGreaterThan(0);
  expect(Object.keys(answers).filter((status) => !['200', '401', '500', '503'].includes(status))).toEqual([]);
});
