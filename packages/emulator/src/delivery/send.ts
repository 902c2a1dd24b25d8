import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { AttemptError } from './attempt.ts';

/** How the bytes go out: whole, or broken on purpose. */
export type Transport =
  | { readonly kind: 'whole' | 'abort' }
  | { readonly kind: 'slow'; readonly chunkBytes: number; readonly pauseMs: number }
  | { readonly kind: 'truncated' | 'reset'; readonly keptPart: number };

export interface Sending {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly transport: Transport;
  readonly timeoutMs: number;
  /** What is kept of the answer's body. */
  readonly maxBodyBytes: number;
  readonly lookup: LookupFunction;
  readonly signal: AbortSignal;
}

export interface SendResult {
  readonly response: {
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
    readonly body: Uint8Array;
    readonly isTruncated: boolean;
  } | null;
  readonly error: AttemptError | null;
}

const BROKEN: Readonly<Record<string, AttemptError>> = {
  truncated: { code: 'BODY_TRUNCATED', message: 'a fault ended the body too early' },
  reset: { code: 'CONNECTION_RESET', message: 'a fault reset the connection in the middle of the body' },
  abort: { code: 'ANSWER_NOT_READ', message: 'a fault closed the connection before the answer was read' },
};

/** Sends one request, byte by byte as it is told. Follows no redirect, keeps no connection, never rejects. */
export function send({ url, method, headers, signal, lookup, ...sending }: Sending): Promise<SendResult> {
  const { body, transport, timeoutMs, maxBodyBytes } = sending;
  return new Promise((resolve) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method,
      headers,
      agent: false,
      lookup,
      signal,
    });
    const end = (result: Partial<SendResult>) => {
      clearTimeout(timeout);
      request.destroy();
      resolve({ response: null, error: null, ...result });
    };
    const timeout = setTimeout(
      () => end({ error: { code: 'TIMEOUT', message: `no answer within ${timeoutMs} ms` } }),
      timeoutMs,
    );
    const broken = BROKEN[transport.kind];
    const fail = ({ message, ...error }: NodeJS.ErrnoException) =>
      end({ error: broken ?? { code: error.code ?? 'ERROR', message } });
    request.on('error', fail);
    request.on('response', (answer) => {
      if (broken) end({ error: broken });
      else readAnswer(answer, maxBodyBytes, end);
    });
    // Not followed either, and Node would end the connection without a word.
    request.on('upgrade', () =>
      end({ error: { code: 'UPGRADE', message: 'the endpoint switched protocols instead of answering' } }),
    );
    // Node throws, for one, where a header of the subscription is Trailer and the body is not chunked.
    write(request, body, transport).catch(fail);
  });
}

async function write(request: ClientRequest, body: Uint8Array, transport: Transport): Promise<void> {
  switch (transport.kind) {
    case 'slow': {
      const closed = new AbortController();
      request.once('close', () => closed.abort());
      for (let at = 0; at < body.byteLength && !request.destroyed; at += transport.chunkBytes) {
        request.write(body.subarray(at, at + transport.chunkBytes));
        await pause(transport.pauseMs, undefined, { signal: closed.signal }).catch(() => {});
      }
      request.end();
      return;
    }
    case 'truncated':
    case 'reset':
      // Flushed first: what the endpoint is to see of the body is not lost with the connection.
      request.write(body.subarray(0, Math.floor(body.byteLength * transport.keptPart)), () => {
        if (transport.kind === 'truncated') request.socket?.end();
        else request.socket?.resetAndDestroy();
      });
      return;
    default:
      request.end(body);
  }
}

function readAnswer(
  answer: IncomingMessage,
  maxBodyBytes: number,
  end: (result: Partial<SendResult>) => void,
): void {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const finish = (error: AttemptError | null = null) => {
    const body = cut(Buffer.concat(chunks), maxBodyBytes);
    const { statusCode: status = 0, headers } = answer;
    end({ response: { status, headers, body, isTruncated: length > maxBodyBytes }, error });
  };
  answer.on('data', (chunk: Uint8Array) => {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length > maxBodyBytes) finish();
  });
  answer.on('end', () => finish());
  // The status was received, and it is what counts.
  answer.on('error', ({ message, ...error }: NodeJS.ErrnoException) =>
    finish({ code: error.code ?? 'ERROR', message }),
  );
}

/** At most so many of the bytes; a copy, so that the others are not kept with them. */
export function cut(bytes: Uint8Array, maxBytes: number): Uint8Array {
  return bytes.byteLength > maxBytes ? Buffer.from(bytes.subarray(0, maxBytes)) : bytes;
}
