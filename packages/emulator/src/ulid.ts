import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Showpad's subscription ids look like this (docs/showpad.md, "Event types"). */
export const ULID_PATTERN: RegExp = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** A new ULID: 10 characters of time and 16 random ones. Ids of the same millisecond have no order. */
export function ulid(nowMs: number): string {
  let time = '';
  let rest = Math.floor(nowMs);
  for (; time.length < 10; rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time;
  return [...randomBytes(16)].reduce((text, byte) => text + ALPHABET[byte % 32], time);
}
