import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { GrowingBuffer } from '@showpad-webhooks/core/node';

/** Names are in lower case. A repeated header has several values. */
export type HeaderMap = Readonly<Record<string, string | readonly string[]>>;

export interface Sending {
  readonly url: URL;
  readonly method: string;
  readonly headers: HeaderMap;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: HeaderMap;
  readonly body: Buffer;
}

/** There was no answer. */
export interface NoAnswer {
  /** Node's code such as `ECONNREFUSED`, or else `TIMEOUT` or `STOPPED`. */
  readonly code: string;
  readonly message: string;
}

/** How long Showpad's sender is assumed to wait for an answer (docs/showpad.md, "Unknown"). */
const TIMEOUT_MS = 15_000;
/** More than anybody reads of an answer. The rest is cut off, so that no answer fills the memory. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** These headers belong to one connection, so they mean nothing on the next. */
const HOP_BY_HOP = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Picks the headers that belong to the message itself, which a forwarder passes on. */
export function endToEnd(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): HeaderMap {
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] => entry[1] !== undefined && !HOP_BY_HOP.has(entry[0]),
    ),
  );
}

/** Sends exactly these bytes and headers, and follows no redirect. Never rejects. */
export async function send(sending: Sending): Promise<Answer | NoAnswer> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await exchange(sending, AbortSignal.any([sending.signal, timeout]));
  } catch (error) {
    if (sending.signal.aborted) return { code: 'STOPPED', message: 'stopped before the answer came' };
    if (timeout.aborted) return { code: 'TIMEOUT', message: `no answer within ${TIMEOUT_MS} ms` };
    const { code = 'ERROR', message } = error as NodeJS.ErrnoException;
    // The error has no message if all addresses of a name refused, as "localhost" often has two.
    return { code, message: message || code };
  }
}

export function isAnswer(result: Answer | NoAnswer): result is Answer {
  return 'status' in result;
}

function exchange({ url, method, headers, body }: Sending, signal: AbortSignal): Promise<Answer> {
  const length = method === 'GET' ? {} : { 'content-length': `${body.byteLength}` };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method,
      headers: { ...(headers as Record<string, string | string[]>), ...length },
      agent: false,
      signal,
    });
    request.once('error', reject).once('response', (response) => {
      const { statusCode: status = 0 } = response;
      const answered = (read: Buffer) => resolve({ status, headers: endToEnd(response.headers), body: read });
      readStart(response).then(answered, reject);
    });
    request.end(body);
  });
}

async function readStart(response: IncomingMessage): Promise<Buffer> {
  const read = new GrowingBuffer();
  // To leave the loop early ends the connection.
  for await (const piece of response as AsyncIterable<Buffer>) {
    read.append(piece);
    if (read.length >= MAX_ANSWER_BYTES) break;
  }
  return read.toBuffer().subarray(0, MAX_ANSWER_BYTES);
}
