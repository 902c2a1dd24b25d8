import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * SHA-256 of an id of any length and any characters. It is written as JSON, which escapes lone surrogates, because UTF-8 would
 * make all of them equal.
 */
export function hashText(text: string, encoding: 'base64' | 'base64url' | 'hex'): string {
  return hash('sha256', JSON.stringify(text), encoding);
}

/** A 31-bit digest of a body. It is enough to notice a mix-up of ids, and small enough to keep with every id. */
export function digestOf(body: Uint8Array): number {
  return crc32(body) >>> 1;
}
