import type { HostileHeaders } from '../entry.ts';

export interface HostileRequest {
  readonly method: string;
  readonly headers: HostileHeaders;
  readonly body: Buffer;
}

/** What came back. Without a status the server has closed the stream or the connection and has not answered. */
export interface HostileAnswer {
  readonly status: number | undefined;
  readonly body: string;
}

/** A request whose body the test sends. */
export interface Upload {
  /** Resolves when the bytes have left. */
  write(bytes: Buffer): Promise<void>;
  /** Resolves when the answer contains this text. */
  until(text: string): Promise<void>;
  /** Resolves when the server has ended the answer, or is gone. */
  readonly answer: Promise<HostileAnswer>;
  destroy(): void;
}

/** A way to send what no HTTP client would send. Every request has a connection of its own. */
export interface Transport {
  /** Sends a request whose headers are bytes of any kind, and a content-length unless the headers have one. */
  send(url: string, request: HostileRequest): Promise<HostileAnswer>;
  /** Sends only the headers. */
  upload(url: string, request: HostileRequest): Promise<Upload>;
  /** The headers of a body that declares no length, and how such a body is written. */
  readonly unknownLength: HostileHeaders;
  chunk(bytes: Buffer): Buffer;
}
