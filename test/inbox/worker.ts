// This process handles what is stored. It prints a line when it is ready, and when a handler begins and ends, with the time.
import { setTimeout as delay } from 'node:timers/promises';
import { isFull, openInbox } from './engines.ts';
import { print, printRun } from './runs.ts';
import { stepClock } from './stepping-clock.ts';

const [target = '', clock, handlerMs, leaseMs] = process.argv.slice(2);
if (clock === 'steps') stepClock();
const inbox = openInbox(JSON.parse(target), {
  leaseMs: Number(leaseMs),
  backoff: () => 1,
  maxAttempts: 50,
});

await inbox.start({
  async process(job) {
    printRun('begin', job.id);
    await delay(Number(handlerMs));
    printRun('end', job.id);
    return undefined;
  },
  onDead() {},
  onError(operation, cause) {
    // At the start it says how little room is left.
    if (operation !== 'check durability' && !isFull(cause)) console.error(operation, cause);
  },
});
print('ready');
