// This process handles what is stored, and prints the id of each event when its handler begins.
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openInbox } from './engines.ts';

const [target = ''] = process.argv.slice(2);
const inbox = openInbox(JSON.parse(target), { leaseMs: 1_000, backoff: () => 1, maxAttempts: 50 });

await inbox.start({
  async process(job) {
    writeSync(1, `${job.id}\n`);
    await delay(2);
    return undefined;
  },
  onDead() {},
  onError(operation, cause) {
    console.error(operation, cause);
  },
});
