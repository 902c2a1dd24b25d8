import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What a careful person writes: it compares in constant time, allows five minutes of tolerance, and parses last. */
export function verifyByHand(body: Buffer, headers: IncomingHttpHeaders, key: string): unknown {
  const timestamp = String(headers['x-showpad-signature-timestamp']);
  const expected = createHmac('sha256', key).update(body).update(`.${timestamp}`).digest();
  const isGenuine = String(headers['x-showpad-signature-v1'])
    .split(',')
    .map((signature) => Buffer.from(signature, 'base64'))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected));
  if (!isGenuine) throw new Error('The signature is wrong.');
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) throw new Error('The timestamp is stale.');
  return JSON.parse(body.toString());
}
