import { ShowpadWebhookError } from '../shared/error.ts';
import { headerValue, type WebhookHeaders } from '../shared/headers.ts';
import type { MaybePromise } from '../shared/promise.ts';
import { quote } from '../shared/text.ts';
import { checkBytes } from '../signature/signature.ts';

/** The common form of a request, which an adapter makes from the request of its framework. */
export interface WebhookRequest {
  readonly method: string;
  readonly headers: WebhookHeaders;
  /**
   * The exact bytes that were sent, or a function that reads them. The function is called only for a delivery whose headers
   * are acceptable. It must reject with `BODY_TOO_LARGE` above the limit, and must settle whatever the sender does.
   */
  readonly body: Uint8Array | ((limitBytes: number) => Promise<Uint8Array>);
  /** Path and query. Key resolvers and GET deliveries use it. */
  readonly url?: string | undefined;
  /**
   * Unix time in ms at which the request arrived. Pass it for a delivery that waited in a queue before it came here, so that
   * its age is judged by the time of its arrival. Default: now.
   */
  readonly receivedAtMs?: number | undefined;
}

export interface RequestLimits {
  readonly methods: readonly string[];
  readonly maxBodyBytes: number;
}

/** Rejects by method and headers, because they cost nothing to look at. */
export function checkHead(
  { method, headers }: WebhookRequest,
  { methods, maxBodyBytes }: RequestLimits,
): void {
  if (!methods.includes(method)) {
    throw new ShowpadWebhookError('METHOD_NOT_ALLOWED', `The delivery uses the method ${quote(method)}.`, {
      hint: `Create the subscription with ${methods.join(' or ')}, or set the option "methods".`,
    });
  }
  if (Number(headerValue(headers, 'content-length')) > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
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
}

/** Reads the body of a request, or takes it if it is there already. */
export function readBytes({ body }: WebhookRequest, limitBytes: number): MaybePromise<Uint8Array> {
  return typeof body === 'function' ? readWith(body, limitBytes) : checkSize(body, limitBytes);
}

async function readWith(
  read: (limitBytes: number) => Promise<Uint8Array>,
  limitBytes: number,
): Promise<Uint8Array> {
  try {
    return checkSize(await read(limitBytes), limitBytes);
  } catch (cause) {
    if (ShowpadWebhookError.isInstance(cause)) throw cause;
    throw new ShowpadWebhookError('RAW_BODY_UNAVAILABLE', 'The body could not be read.', {
      hint: 'The sender closed the connection, or the stream failed: see error.cause.',
      cause,
    });
  }
}

function checkSize(bytes: unknown, limitBytes: number): Uint8Array {
  checkBytes(bytes);
  if (bytes.byteLength > limitBytes) throw bodyTooLarge(limitBytes);
  return bytes;
}

/** The error of a body above the limit. Body readers use it too. */
export function bodyTooLarge(limitBytes: number): ShowpadWebhookError {
  return new ShowpadWebhookError('BODY_TOO_LARGE', `The body is larger than ${limitBytes} bytes.`, {
    hint: 'Showpad never retries a 413. If the delivery was authentic, raise "maxBodyBytes".',
  });
}
