import { randomInt } from 'node:crypto';

/** The largest range that `randomInt` takes. */
const MOST = 2 ** 48 - 1;

/** A number that no claim had before. It is random, so no counter has to be kept and written with every claim. */
export function newFence(): number {
  return randomInt(1, MOST);
}
