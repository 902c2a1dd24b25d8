// This process stores events as fast as it can, and prints the number of each one when it is acknowledged. It prints "full" for
// each one that was refused because there was no room.
import { setTimeout as delay } from 'node:timers/promises';
import { isFull, openInbox } from './engines.ts';
import { entryOf } from './entry.ts';
import { print } from './runs.ts';
import { stepClock } from './stepping-clock.ts';

const [target = '', firstNumber = '0', clock] = process.argv.slice(2);
if (clock === 'steps') stepClock();
const CONCURRENCY = 16;
const inbox = openInbox(JSON.parse(target));
let next = Number(firstNumber);

async function write(): Promise<never> {
  for (;;) {
    const number = next++;
    try {
      await inbox.put(entryOf(number));
      print(`${number}`);
    } catch (error) {
      if (!isFull(error)) throw error;
      print('full');
      await delay(5);
    }
  }
}

await Promise.all(Array.from({ length: CONCURRENCY }, write));
