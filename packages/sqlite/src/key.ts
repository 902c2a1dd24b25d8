import { hash } from 'node:crypto';

const KEY_BYTES = 16;

/**
 * The key of a row: a hash of an id of any length and any characters. Of the SHA-256, 128 bits are kept, because every put
 * looks a key up in an index that should be small. The UTF-16 code units are hashed, because UTF-8 would make all lone
 * surrogates equal.
 */
export function keyTextOf(text: string): string {
  return hash('sha256', Buffer.from(text, 'utf16le'), 'buffer').toString('base64', 0, KEY_BYTES);
}
