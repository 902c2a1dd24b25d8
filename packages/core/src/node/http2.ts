import type { Http2ServerResponse } from 'node:http2';
import type { NodeMessage, NodeResponse } from './node-request.ts';

const NO_ERROR = 0;
const CANCEL = 8;
/** How long a sender may take to accept a response. It can refuse to: it says itself how many bytes it has room for. */
const ACCEPT_MS = 1_000;

/** A stand-in for a response, in a test of an app, may have no request. */
export function isHttp2(res: NodeResponse): res is Http2ServerResponse {
  return res.req?.httpVersionMajor === 2;
}

/**
 * Ends a response, and with it the upload that is still going on. Otherwise the sender could go on forever, because no
 * connection closes. `NO_ERROR` means that the response is complete and the rest of the request is not needed (RFC 9113,
 * section 8.1).
 */
export function endStream(res: Http2ServerResponse, body: string): void {
  const { req, stream } = res;
  if (req.readableEnded) {
    res.end(body);
    return;
  }
  req.pause();
  const timer = setTimeout(() => close(CANCEL), ACCEPT_MS);
  stream.once('finish', () => close(NO_ERROR)).once('close', () => clearTimeout(timer));
  res.end(body);

  function close(code: number): void {
    stream.close(code);
    // A stream is freed only after everything that has arrived is read.
    req.resume();
  }
}

/** How long after the end of a body its stream may still be reset. */
export const RESET_MS = 10;

/**
 * True if an HTTP/2 body has ended and may still be incomplete. Some senders, such as Node's client, end the body of a stream
 * before they reset it, so that half a body looks like a whole one. A declared length rules that out.
 */
export function mayBeReset({ httpVersionMajor, aborted, headers }: NodeMessage): boolean {
  return httpVersionMajor === 2 && (aborted || headers['content-length'] === undefined);
}
