import { hashText } from '../shared/hash.ts';

/**
 * The key of a row: a hash of an id of any length and any characters, as text. Only part of the SHA-256 is kept, 132 bits, because
 * every put looks a key up in an index that should be small.
 */
export function keyTextOf(text: string): string {
  return hashText(text, 'base64url').slice(0, 22);
}
