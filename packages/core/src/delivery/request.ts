import { ShowpadWebhookError } from '../shared/error.ts';
import { headerValue, type WebhookHeaders } from '../shared/headers.ts';
import type { MaybePromise } from '../shared/promise.ts';
import { quote } from '../shared/text.ts';
import { checkBytes } from '../signature/signature.ts';
import type { BytesInFlight, HeldBytes } from './bytes-in-flight.ts';

/** The common form of a request, which an adapter makes from the request of its framework. */
export interface WebhookRequest {
  readonly method: string;
  readonly headers: WebhookHeaders;
  /** The exact bytes that were sent, or a function that reads them. */
  readonly body: Uint8Array | BodyReader;
  /** Path and query. Key resolvers and GET deliveries use it. */
  readonly url?: string | undefined;
  /**
   * Unix time in ms at which the request arrived. Pass it for a delivery that waited in a queue before it came here, so that
   * its age is judged by the time of its arrival. The queue has to send it again if it fails, so it does not become a dead
   * letter because Showpad stops sending it. Default: now.
   */
  readonly receivedAtMs?: number | undefined;
}

/**
 * Reads the body of a delivery. It is called only if the headers are acceptable. It must reject with `BODY_TOO_LARGE` above
 * the limit, and must settle whatever the sender does.
 *
 * @param onHeld is told how many bytes are held so far. If it throws, there is no room for more: reject with what it threw.
 */
export type BodyReader = (limitBytes: number, onHeld?: (bytes: number) => void) => Promise<Uint8Array>;

export interface RequestLimits {
  readonly methods: readonly string[];
  readonly maxBodyBytes: number;
  readonly inFlight: BytesInFlight;
}

/**
 * A body above `maxBodyBytes` is read up to this many times the limit, to find out whether it is authentic. If it is, the
 * limit is our trouble, and the sender must not be told that a retry is of no use.
 */
const EXAMINED_FACTOR = 4;

/** Rejects by method and headers, because they cost nothing to look at. */
export function checkHead(
  { method, headers }: WebhookRequest,
  { methods, maxBodyBytes, inFlight }: RequestLimits,
): void {
  if (!methods.includes(method)) {
    throw new ShowpadWebhookError('METHOD_NOT_ALLOWED', `The delivery uses the method ${quote(method)}.`, {
      hint: `Create the subscription with ${methods.join(' or ')}, or set the option "methods".`,
    });
  }
  const declaredBytes = Number(headerValue(headers, 'content-length'));
  const limitBytes = maxBodyBytes * EXAMINED_FACTOR;
  if (declaredBytes > limitBytes) throw bodyTooLarge(limitBytes);
  const encoding = headerValue(headers, 'content-encoding')?.trim().toLowerCase();
  if (encoding && encoding !== 'identity') {
    throw new ShowpadWebhookError(
      'ENCODING_UNSUPPORTED',
      `The body has the Content-Encoding ${quote(encoding)}.`,
      {
        hint: 'Signed bytes are never decompressed. Does a proxy compress requests?',
      },
    );
  }
  if (declaredBytes > 0) inFlight.checkRoom(declaredBytes);
}

/** Reads the body of a request, or takes it if it is there already. It may be larger than `maxBodyBytes`. */
export function readBytes(
  { body }: WebhookRequest,
  maxBodyBytes: number,
  held: HeldBytes,
): MaybePromise<Uint8Array> {
  const limitBytes = maxBodyBytes * EXAMINED_FACTOR;
  return typeof body === 'function' ? readWith(body, limitBytes, held) : checkSize(body, limitBytes, held);
}

async function readWith(read: BodyReader, limitBytes: number, held: HeldBytes): Promise<Uint8Array> {
  try {
    const bytes = await read(limitBytes, (heldBytes) => held.growTo(heldBytes));
    return checkSize(bytes, limitBytes, held);
  } catch (cause) {
    if (ShowpadWebhookError.isInstance(cause)) throw cause;
    throw new ShowpadWebhookError('RAW_BODY_UNAVAILABLE', 'The body could not be read.', {
      hint: 'The sender closed the connection, or the stream failed: see error.cause.',
      cause,
    });
  }
}

function checkSize(bytes: unknown, limitBytes: number, held: HeldBytes): Uint8Array {
  checkBytes(bytes);
  if (bytes.byteLength > limitBytes) throw bodyTooLarge(limitBytes);
  held.growTo(bytes.byteLength);
  return bytes;
}

/** The error of a body above the limit. Body readers use it too. */
export function bodyTooLarge(limitBytes: number): ShowpadWebhookError {
  return new ShowpadWebhookError('BODY_TOO_LARGE', `The body is larger than ${limitBytes} bytes.`, {
    hint: 'So it was not verified, and Showpad never retries a 413. If you expect such events, raise "maxBodyBytes".',
  });
}

/** The error of an authentic event above the limit. */
export function eventTooLarge(bytes: number, maxBodyBytes: number): ShowpadWebhookError {
  const message = `An authentic event has ${bytes} bytes, and "maxBodyBytes" is ${maxBodyBytes}.`;
  return new ShowpadWebhookError('EVENT_TOO_LARGE', message, {
    hint: 'Raise "maxBodyBytes", and the next retry is accepted. An inbox keeps the event as dead, so that you can retry it.',
  });
}
