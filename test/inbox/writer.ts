// This process stores events as fast as it can, and prints the number of each one when it is acknowledged.
import { writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { openInbox } from './engines.ts';

const [target = '', firstNumber = '0'] = process.argv.slice(2);
const CONCURRENCY = 16;
const inbox = openInbox(JSON.parse(target));
let next = Number(firstNumber);

/** A body that contains its own number. Its digest shows whether it is complete. */
function bodyOf(number: number): Buffer {
  return Buffer.from(
    JSON.stringify({ type: 'crash', id: `event-${number}`, data: 'x'.repeat(number % 5_000) }),
  );
}

async function write(): Promise<never> {
  for (;;) {
    const number = next++;
    const body = bodyOf(number);
    await inbox.put({
      id: `event-${number}`,
      type: 'crash',
      body,
      bodyDigest: crc32(body) >>> 1,
      method: 'POST',
      url: '/',
      headers: {},
      timestampSeconds: 0,
      keyLabel: undefined,
      receivedAtMs: Date.now(),
      error: undefined,
    });
    writeSync(1, `${number}\n`);
  }
}

await Promise.all(Array.from({ length: CONCURRENCY }, write));
