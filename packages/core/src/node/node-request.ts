import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** A request of node:http, or of node:http2. */
export type NodeMessage = IncomingMessage | Http2ServerRequest;

/** A response of node:http, or of node:http2. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** What may be left of a body that something else has read. */
export interface ParsedBody {
  /** What a parser left as the body. */
  readonly body?: unknown;
  /** What a parser, or the platform, left as the raw body. */
  readonly rawBody?: unknown;
}

/** A Node request, with what frameworks add to it. */
export type NodeRequest = (Omit<IncomingMessage, 'rawBody'> | Http2ServerRequest) &
  ParsedBody & {
    /** The URL before a router removed the part that it is mounted on. */
    readonly originalUrl?: string;
  };
