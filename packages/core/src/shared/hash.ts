import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * SHA-256 of an id of any length and any characters. The UTF-16 code units are hashed, because UTF-8 would make all lone
 * surrogates equal.
 */
export function hashText(text: string): Buffer {
  return hash('sha256', Buffer.from(text, 'utf16le'), 'buffer');
}

/** A 31-bit digest of a body. It is enough to notice a mix-up of ids, and small enough to keep with every id. */
export function digestOf(body: Uint8Array): number {
  return crc32(body) >>> 1;
}
