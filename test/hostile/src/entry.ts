import type { ServerSetup } from '@showpad-webhooks/conformance';

export const KEY = 'hostile-key-c0ffee';
export const TYPE = 'hostile';
/** Every payload contains it, and no answer may. */
export const PAYLOAD = 'payload-5ca1ab1e';

/** The option `maxBodyBytes` of the receivers. */
export const LIMIT_BYTES: number = 1024 * 1024;

/** The time stands still, so that a test at the limit of the tolerance is exact to the second. */
export const NOW_SECONDS: number = Math.floor(Date.now() / 1_000);
export const clock = (): number => NOW_SECONDS * 1_000;

export type HostileHeaders = Readonly<Record<string, string | readonly string[]>>;

/** One malicious or broken delivery, and the answer that it must get. */
export interface HostileDelivery {
  readonly name: string;
  /** The status and the code, or the outcome if there is no code, such as `401 SIGNATURE_MISSING`. */
  readonly expected: string;
  /** Why that is the right answer. */
  readonly reason: string;
  /** The body, signed as Showpad would sign it. Default: an ordinary event. */
  readonly body?: Buffer | (() => Buffer);
  /** Signed this many seconds from now. Default 0. */
  readonly signedAtSeconds?: number;
  /** Replaces the headers of a good delivery. `undefined` leaves a header out. */
  readonly headers?: (
    good: Readonly<Record<string, string>>,
  ) => Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Replaces the body after it was signed. */
  readonly sentBody?: (signed: Buffer) => Buffer;
  readonly method?: string;
  /** The answer over HTTP, if the protocol changes it. Null if it cannot be sent over HTTP. */
  readonly overHttp?: string | null;
}

export type HostileOptions = Partial<ServerSetup['options']>;

export const event = (data: unknown, id = 'hostile-1'): Buffer =>
  Buffer.from(JSON.stringify({ type: TYPE, id, data }));

export const text = (body: string): Buffer => Buffer.from(body, 'utf8');
