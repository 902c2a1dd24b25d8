import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { GrowingBuffer } from '@showpad-webhooks/core/node';
import type { AttemptError } from './attempt.ts';

/** How the bytes are sent: whole, or broken on purpose. */
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
  /** How much of the response's body is kept. */
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
  truncated: { code: 'BODY_TRUNCATED', message: 'A fault ended the body too early.' },
  reset: { code: 'CONNECTION_RESET', message: 'A fault reset the connection in the middle of the body.' },
  abort: {
    code: 'RESPONSE_NOT_READ',
    message: 'A fault closed the connection before the response was read.',
  },
};

/** Sends one request with exactly these bytes. It follows no redirect, keeps no connection, and never rejects. */
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
      () => end({ error: { code: 'TIMEOUT', message: `There was no response within ${timeoutMs} ms.` } }),
      timeoutMs,
    );
    const broken = BROKEN[transport.kind];
    const fail = ({ message, ...error }: NodeJS.ErrnoException) =>
      end({ error: broken ?? { code: error.code ?? 'ERROR', message } });
    request.on('error', fail);
    request.on('response', (response) => {
      if (broken) end({ error: broken });
      else readResponse(response, maxBodyBytes, end);
    });
    // Without this listener, Node would close the connection and report nothing.
    request.on('upgrade', () =>
      end({ error: { code: 'UPGRADE', message: 'The endpoint switched protocols instead of responding.' } }),
    );
    // Node throws for some headers of a subscription, for example for Trailer with a body that is not chunked.
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
      // The connection ends only after this part is flushed, so that the endpoint sees it.
      request.write(body.subarray(0, Math.floor(body.byteLength * transport.keptPart)), () => {
        if (transport.kind === 'truncated') request.socket?.end();
        else request.socket?.resetAndDestroy();
      });
      return;
    default:
      request.end(body);
  }
}

function readResponse(
  response: IncomingMessage,
  maxBodyBytes: number,
  end: (result: Partial<SendResult>) => void,
): void {
  const read = new GrowingBuffer();
  const finish = (error: AttemptError | null = null) => {
    // It is kept, so it is a copy: the buffer has room for more.
    const body = Buffer.from(read.toBuffer().subarray(0, maxBodyBytes));
    const { statusCode: status = 0, headers } = response;
    end({ response: { status, headers, body, isTruncated: read.length > maxBodyBytes }, error });
  };
  response.on('data', (piece: Buffer) => {
    read.append(piece);
    if (read.length > maxBodyBytes) finish();
  });
  response.on('end', () => finish());
  // The status was received, and only the status counts.
  response.on('error', ({ message, ...error }: NodeJS.ErrnoException) =>
    finish({ code: error.code ?? 'ERROR', message }),
  );
}

/** At most this many of the bytes. It copies them, so that the rest can be freed. */
export function cut(bytes: Uint8Array, maxBytes: number): Uint8Array {
  return bytes.byteLength > maxBytes ? Buffer.from(bytes.subarray(0, maxBytes)) : bytes;
}
