import type { ReceiverOptions, ShowpadEventMap } from '@showpad-webhooks/core';

export const KEY = 'hostile-key-c0ffee';
export const TYPE = 'hostile';
/** In every payload; it must stand in no answer. */
export const PAYLOAD = 'payload-5ca1ab1e';

/** The time stands still, so that a second more or less is one. */
export const NOW_SECONDS: number = Math.floor(Date.now() / 1_000);
export const clock = (): number => NOW_SECONDS * 1_000;

export const SIGNATURE = 'x-showpad-signature-v1';
export const TIMESTAMP = 'x-showpad-signature-timestamp';

export type HostileHeaders = Readonly<Record<string, string | readonly string[]>>;

/** One malicious or broken delivery, and what must become of it. */
export interface HostileDelivery {
  readonly name: string;
  /** Status and code (or outcome), such as `401 SIGNATURE_MISSING`. */
  readonly expected: string;
  /** Why that is the right answer. */
  readonly reason: string;
  /** The body, signed as Showpad would sign it. Default: an ordinary event. */
  readonly body?: Buffer | (() => Buffer);
  /** Signed this many seconds from now. Default 0. */
  readonly signedAtSeconds?: number;
  /** In place of the headers of a good delivery; `undefined` leaves one out. */
  readonly headers?: (
    good: Readonly<Record<string, string>>,
  ) => Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Sent in place of the signed body. */
  readonly sentBody?: (signed: Buffer) => Buffer;
  readonly method?: string;
  /** The answer over HTTP, where the protocol changes it; null where it can't be sent at all. */
  readonly overHttp?: string | null;
}

export type HostileOptions = Partial<ReceiverOptions<ShowpadEventMap, Record<never, never>>>;

export const event = (data: unknown, id = 'hostile-1'): Buffer =>
  Buffer.from(JSON.stringify({ type: TYPE, id, data }));

export const text = (body: string): Buffer => Buffer.from(body, 'utf8');
