import { Buffer } from 'node:buffer';
import { createHmac, hash } from 'node:crypto';

const BLOCK_BYTES = 64;
/** Above it a copy costs more than it saves. */
const LONGEST_COPY_BYTES = 32_768;

// Each begins with a pad of the last key; the rest is written anew by every call. Nothing is waited for in between.
// Pure, so that a bundle without signatures goes without them.
const inner = /* @__PURE__ */ Buffer.alloc(BLOCK_BYTES + LONGEST_COPY_BYTES);
const outer = /* @__PURE__ */ Buffer.alloc(BLOCK_BYTES + 32);
let paddedKey: string | undefined;

/**
 * HMAC-SHA256 of a body and an ASCII suffix, in base64. For a small body by its definition (RFC 2104), the hash of the
 * outer pad and the hash of the inner pad and the message: two one-shot hashes cost a third less than `createHmac`,
 * whose objects cost more than the hashing (docs/adr/0013-hmac-of-two-hashes.md).
 */
export function hmac(key: string, body: Uint8Array, suffix: string): string {
  let end = BLOCK_BYTES + body.length;
  if (end + suffix.length > inner.length || (key !== paddedKey && Buffer.byteLength(key) > BLOCK_BYTES)) {
    return createHmac('sha256', key).update(body).update(suffix).digest('base64');
  }
  if (key !== paddedKey) {
    inner.fill(0, 0, BLOCK_BYTES).write(key);
    for (let index = 0; index < BLOCK_BYTES; index++) {
      const byte = inner[index] as number;
      inner[index] = byte ^ 0x36;
      outer[index] = byte ^ 0x5c;
    }
    paddedKey = key;
  }
  inner.set(body, BLOCK_BYTES);
  // Faster than a call for these few characters.
  for (let index = 0; index < suffix.length; index++) inner[end++] = suffix.charCodeAt(index);
  outer.write(hash('sha256', inner.subarray(0, end), 'binary'), BLOCK_BYTES, 'latin1');
  return hash('sha256', outer, 'base64');
}
