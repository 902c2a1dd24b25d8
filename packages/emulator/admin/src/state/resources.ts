/** The control API's resources, as JSON carries them. Times are unix time in ms. */

export interface Info {
  readonly version: string;
  readonly url: string;
  readonly seed: number;
}

export interface CatalogueEntry {
  readonly type: string;
  /** Whether Showpad documents the type; else its name or payload is inferred. */
  readonly isDocumented: boolean;
  readonly sample: unknown;
}

export interface Header {
  readonly name: string;
  readonly value: string;
}

export interface Subscription {
  readonly id: string;
  readonly name: string;
  readonly types: readonly string[];
  readonly method: string;
  readonly url: string;
  readonly headers: readonly Header[];
  readonly createdAt: number;
  readonly requestCount: number;
  readonly lastStatus: number | null;
}

type AttemptState = 'scheduled' | 'sending' | 'succeeded' | 'failed' | 'gave-up' | 'will-retry';

export type HeaderMap = Readonly<Record<string, string | readonly string[]>>;

export interface Attempt {
  readonly id: string;
  readonly notificationId: string;
  readonly eventId: string;
  readonly type: string;
  readonly subscriptionId: string;
  /** 1 to 4. */
  readonly number: number;
  readonly dueAt: number;
  readonly startedAt: number | null;
  readonly durationMs: number | null;
  readonly state: AttemptState;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: HeaderMap;
    readonly body: string;
    readonly bodyBytes: number;
    readonly isTruncated: boolean;
  } | null;
  readonly response: {
    readonly status: number;
    readonly headers: HeaderMap;
    readonly body: string;
    readonly isTruncated: boolean;
  } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly faults: readonly { readonly id: string; readonly action: string }[];
  readonly nextAttemptAt: number | null;
  readonly signature: {
    readonly signedBytesPreview: string;
    readonly timestamp: string;
    readonly keyUsed: string;
  } | null;
}

export interface Clock {
  readonly mode: 'real' | 'manual';
  readonly now: number;
  readonly offsetMs: number;
  readonly scale: number;
}

/** What is wrong with a delivery, or was looked for and is not. */
export interface Finding {
  readonly cause: string;
  readonly detail: string;
  readonly mend: string;
  readonly certainty: 'proven' | 'unproven' | 'ruled-out';
}

export type FaultApi = 'delivery' | 'oauth' | 'subscriptions';

interface FaultAction {
  readonly kind: string;
  readonly [param: string]: unknown;
}

export interface FaultRule {
  readonly id: string;
  readonly api: FaultApi;
  readonly match: Readonly<Record<string, string | number>>;
  /** 0 to 1. */
  readonly probability: number;
  /** How often it may still fire; null is without end. */
  readonly count: number | null;
  readonly action: FaultAction;
}

/** One kind of fault that a rule can ask for, with its parameters' defaults. */
export interface FaultKind {
  readonly kind: string;
  readonly api: FaultApi;
  readonly description: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface Token {
  readonly id: string;
  readonly kind: 'access' | 'refresh';
  readonly masked: string;
  readonly expiresAt: number | null;
}

export interface Assumption {
  readonly id: string;
  readonly statement: string;
  readonly source: string;
  readonly value: unknown;
  readonly choices: readonly unknown[] | null;
  readonly default: unknown;
}
