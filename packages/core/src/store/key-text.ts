import { hashText } from '../shared/hash.ts';

const KEY_BYTES = 16;

/**
 * The key of a row: a hash of an id of any length and any characters, as text. Of the SHA-256, 128 bits are kept, because every
 * put looks a key up in an index that should be small.
 */
export function keyTextOf(text: string): string {
  return hashText(text).toString('base64url', 0, KEY_BYTES);
}
