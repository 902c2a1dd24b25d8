import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';

/**
 * SHA-256 of an id: ids are of any length and any characters. Its UTF-16 is hashed, since UTF-8 would make lone
 * surrogates alike.
 */
export function hashText(text: string): Buffer {
  return hash('sha256', Buffer.from(text, 'utf16le'), 'buffer');
}
