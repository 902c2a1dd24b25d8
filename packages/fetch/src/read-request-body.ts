import { ShowpadWebhookError } from '@showpad-webhooks/core';
import { cancelLater } from './cancel-later.ts';
import type { FetchRequest } from './fetch-request.ts';

export interface ReadRequestBodyOptions {
  /** Is told how many bytes are held so far. If it throws, reading ends with what it threw. */
  readonly onHeld?: ((bytes: number) => void) | undefined;
  /** How long the whole body may take, in ms. */
  readonly timeoutMs?: number;
}

const BODY_TIMEOUT_MS = 10_000;
const FIRST_SIZE = 16_384;

/**
 * Reads the exact bytes of a request. Above `limitBytes` it returns more than the limit, which the receiver rejects. What is
 * left of an upload that is refused is cancelled after the response. It holds at most about twice the bytes that were sent,
 * however they are cut into pieces.
 *
 * @throws ShowpadWebhookError `RAW_BODY_UNAVAILABLE` if something else has read the body or left it out, or if the sender went
 * away, and `BODY_TIMEOUT` if the sender was too slow.
 */
export async function readRequestBody(
  request: FetchRequest,
  limitBytes: number,
  { onHeld, timeoutMs = BODY_TIMEOUT_MS }: ReadRequestBodyOptions = {},
): Promise<Uint8Array> {
  if (request.bodyUsed || request.body?.locked) throw alreadyRead();
  if (!request.body) return withoutBody(request);
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const { signal } = request;
  let giveUp: (error: Error) => void = () => {};
  const isGivenUp = new Promise<never>((_resolve, reject) => {
    giveUp = reject;
  });
  // If the sender goes away, the stream of some servers, such as React Router's, only waits.
  const onAbort = () => giveUp(gone());
  signal?.addEventListener('abort', onAbort);
  const timer = setTimeout(() => giveUp(tooSlow(timeoutMs)), timeoutMs);
  let isComplete = false;
  let isOver = false;
  try {
    return await Promise.race([readAll(), isGivenUp]);
  } finally {
    isOver = true;
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    if (!isComplete) cancelLater(reader);
  }

  async function readAll(): Promise<Uint8Array> {
    let bytes = new Uint8Array(0);
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      isComplete = done;
      if (done || isOver) return bytes.subarray(0, length);
      onHeld?.(length + value.byteLength);
      bytes = withRoom(bytes, length, value.byteLength);
      bytes.set(value, length);
      length += value.byteLength;
      if (length > limitBytes) return bytes.subarray(0, length);
    }
  }
}

/** A request without a body is empty, unless its headers say that something left the body out. */
function withoutBody({ headers }: FetchRequest): Uint8Array {
  if (Number(headers.get('content-length')) === 0 && !headers.has('transfer-encoding'))
    return new Uint8Array(0);
  throw new ShowpadWebhookError('RAW_BODY_UNAVAILABLE', 'A body was sent, but the framework left it out.', {
    hint:
      'A Request with the method GET never has a body. In SvelteKit, one without a Content-Type has none either. Let ' +
      'Showpad send POST, or put the webhook in front of the framework: see the page "Your framework".',
  });
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
      'In this app something calls request.json(), text() or arrayBuffer() before the webhook. Let it read request.clone() ' +
      'instead, or do not read the request there.',
  });
}

function gone(): ShowpadWebhookError {
  return new ShowpadWebhookError(
    'RAW_BODY_UNAVAILABLE',
    'The sender went away before the body was complete.',
    {
      hint: 'The sender closed the connection, so there is nothing to fix.',
    },
  );
}

function tooSlow(timeoutMs: number): ShowpadWebhookError {
  return new ShowpadWebhookError('BODY_TIMEOUT', `The body was not complete after ${timeoutMs} ms.`, {
    hint: 'The network is slow, or somebody sends slowly on purpose. The response was 503, so Showpad will retry.',
  });
}
