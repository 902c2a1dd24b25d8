import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { buffer } from 'node:stream/consumers';

/** Names in lower case; several values where a header is repeated. */
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

/** What Showpad's sender is taken to wait for an answer (docs/showpad.md, "Unknown"). */
const TIMEOUT_MS = 15_000;
/** Of one connection, so that they mean nothing on the next. */
const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['host', 'expect', 'content-length'],
]);

/** The headers that are the message's own: what a forwarder passes on. */
export function endToEnd(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): HeaderMap {
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] => entry[1] !== undefined && !HOP_BY_HOP.has(entry[0]),
    ),
  );
}

/** Sends just these bytes and headers; follows no redirect. Rejects with Node's error where there is no answer. */
export async function send({ url, method, headers, body, signal }: Sending): Promise<Answer> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const length = method === 'GET' ? {} : { 'content-length': `${body.byteLength}` };
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
        method,
        headers: { ...(headers as Record<string, string | string[]>), ...length },
        agent: false,
        signal: AbortSignal.any([signal, timeout]),
      });
      request.once('error', reject).once('response', (response) => {
        const { statusCode: status = 0 } = response;
        const answered = (read: Buffer) =>
          resolve({ status, headers: endToEnd(response.headers), body: read });
        buffer(response).then(answered, reject);
      });
      request.end(body);
    });
  } catch (error) {
    throw timeout.aborted ? new Error(`no answer within ${TIMEOUT_MS} ms`) : error;
  }
}
