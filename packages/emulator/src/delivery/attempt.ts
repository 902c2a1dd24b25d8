import type { IncomingHttpHeaders } from 'node:http';

/** One event on its way to one subscription. All its attempts share it. */
export interface EmulatorNotification {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly subscriptionId: string;
}

/**
 * Three states are failures: `will-retry` (a retry follows), `gave-up` (the last retry failed) and `failed` (it is never
 * retried).
 */
export type AttemptState = 'scheduled' | 'sending' | 'succeeded' | 'will-retry' | 'gave-up' | 'failed';

export interface FiredFault {
  /** The id of the rule. */
  readonly id: string;
  /** The kind of fault, such as `wrong-key`. */
  readonly action: string;
}

export interface AttemptError {
  /** Node's code, such as `ECONNREFUSED`, or `TIMEOUT`, or what a fault did. */
  readonly code: string;
  readonly message: string;
}

/** How an attempt was signed. */
export interface AttemptSignature {
  /** The beginning of the signed bytes, followed by their end, which is the timestamp. */
  readonly signedBytesPreview: string;
  readonly timestamp: string;
  /** `current`, `another`, or both in the order of the signatures. */
  readonly keyUsed: string;
}

/** One request to an endpoint, from its plan to its response. Times are unix time in ms. */
export interface Attempt {
  readonly id: string;
  readonly notificationId: string;
  readonly eventId: string;
  readonly type: string;
  readonly subscriptionId: string;
  /** 1 is the first attempt, 4 the last. */
  readonly number: number;
  readonly dueAt: number;
  readonly startedAt: number | null;
  readonly durationMs: number | null;
  readonly state: AttemptState;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly bodyBytes: number;
    readonly isTruncated: boolean;
  } | null;
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    readonly body: string;
    readonly isTruncated: boolean;
  } | null;
  readonly error: AttemptError | null;
  readonly faults: readonly FiredFault[];
  readonly nextAttemptAt: number | null;
  readonly signature: AttemptSignature | null;
}

/** An attempt as it is stored. Bodies are bytes, cut at the limit. */
export interface AttemptRecord {
  readonly id: string;
  readonly sequence: number;
  readonly notification: EmulatorNotification;
  readonly number: number;
  dueAt: number;
  startedAt: number | null;
  durationMs: number | null;
  state: AttemptState;
  request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
    readonly bodyBytes: number;
  } | null;
  response: {
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
    readonly body: Uint8Array;
    readonly isTruncated: boolean;
  } | null;
  error: AttemptError | null;
  faults: readonly FiredFault[];
  nextAttemptAt: number | null;
  signature: AttemptSignature | null;
  /** Whether `waitForDelivery` has returned it. */
  isTaken: boolean;
}

export function hasEnded({ state }: Pick<Attempt, 'state'>): boolean {
  return state !== 'scheduled' && state !== 'sending';
}

export function toAttempt({ notification, request, response, ...record }: AttemptRecord): Attempt {
  const { sequence: _sequence, isTaken: _isTaken, ...rest } = record;
  return {
    ...rest,
    notificationId: notification.id,
    eventId: notification.eventId,
    type: notification.type,
    subscriptionId: notification.subscriptionId,
    request: request && {
      ...request,
      body: toText(request.body),
      isTruncated: request.body.byteLength < request.bodyBytes,
    },
    response: response && {
      ...response,
      headers: response.headers as Readonly<Record<string, string | readonly string[]>>,
      body: toText(response.body),
    },
  };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const toText = (bytes: Uint8Array): string => decoder.decode(bytes);
