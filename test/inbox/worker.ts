// A process that handles what is stored, and prints each event's id as its handler begins.
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openInbox } from './engines.ts';

const [target = ''] = process.argv.slice(2);
const inbox = openInbox(JSON.parse(target), { leaseMs: 1_000, backoffMs: () => 1, maxAttempts: 50 });

await inbox.start({
  async process(job) {
    writeSync(1, `${job.id}\n`);
    await delay(2);
    return undefined;
  },
  onDead() {},
  onTrouble(operation, cause) {
    console.error(operation, cause);
  },
});
