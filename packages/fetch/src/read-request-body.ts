import { ShowpadWebhookError } from '@showpad-webhooks/core';

export interface ReadRequestBodyOptions {
  /** Is told how many bytes are held so far. If it throws, reading ends with what it threw. */
  readonly onHeld?: ((bytes: number) => void) | undefined;
  /** How long the whole body may take, in ms. */
  readonly timeoutMs?: number;
}

const BODY_TIMEOUT_MS = 10_000;
const FIRST_SIZE = 16_384;

/**
 * Reads the exact bytes of a request. Above `limitBytes` it cancels the rest and returns more than the limit, which the
 * receiver rejects. It holds at most about twice the bytes that were sent, however they are cut into pieces.
 *
 * @throws ShowpadWebhookError `RAW_BODY_UNAVAILABLE` if something else has read the body or the sender went away, and
 * `BODY_TIMEOUT` if the sender was too slow.
 */
export async function readRequestBody(
  request: Request,
  limitBytes: number,
  { onHeld, timeoutMs = BODY_TIMEOUT_MS }: ReadRequestBodyOptions = {},
): Promise<Uint8Array> {
  if (request.bodyUsed || request.body?.locked) throw alreadyRead();
  if (!request.body) return new Uint8Array(0);
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void reader.cancel().catch(() => {}); // Then the read that waits is done.
  }, timeoutMs);
  let bytes = new Uint8Array(0);
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (isLate) throw tooSlow(timeoutMs);
      if (done) return bytes.subarray(0, length);
      onHeld?.(length + value.byteLength);
      bytes = withRoom(bytes, length, value.byteLength);
      bytes.set(value, length);
      length += value.byteLength;
      if (length > limitBytes) return bytes.subarray(0, length);
    }
  } finally {
    clearTimeout(timer);
    void reader.cancel().catch(() => {}); // It changes nothing if the body was read to its end.
  }
}

/** Returns an array with room for so many more bytes. It doubles, so that many small pieces cost no more than a few large ones. */
function withRoom(bytes: Uint8Array<ArrayBuffer>, length: number, more: number): Uint8Array<ArrayBuffer> {
  if (length + more <= bytes.byteLength) return bytes;
  const grown = new Uint8Array(length === 0 ? more : Math.max(FIRST_SIZE, length * 2, length + more));
  grown.set(bytes.subarray(0, length));
  return grown;
}

function alreadyRead(): ShowpadWebhookError {
  return new ShowpadWebhookError('RAW_BODY_UNAVAILABLE', 'The body of the request was read before.', {
    hint:
      'In this app something calls request.json(), text() or arrayBuffer() before the webhook. Pass the request on unread, or ' +
      'let that read request.clone().',
  });
}

function tooSlow(timeoutMs: number): ShowpadWebhookError {
  return new ShowpadWebhookError('BODY_TIMEOUT', `The body was not complete after ${timeoutMs} ms.`, {
    hint: 'The network is slow, or somebody sends slowly on purpose. The response was 503, so Showpad will retry.',
  });
}
