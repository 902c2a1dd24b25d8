/**
 * The kinds of faults of a delivery. Each has its parameters with their defaults, and a parameter has the type of its
 * default. The public types and the schemas of rules are derived from this table.
 */
export const DELIVERY_KINDS = {
  delay: { ms: 1_000 },
  'delay-lognormal': { medianMs: 500, sigma: 1, maxMs: 60_000 },
  'slow-body': { chunkBytes: 16, pauseMs: 20 },
  drop: {},
  duplicate: { copies: 1, afterMs: 0 },
  reorder: { atMostMs: 5_000 },
  burst: { events: 20 },
  'truncated-body': { keptPart: 0.5 },
  reset: { keptPart: 0.5 },
  abort: {},
  'wrong-key': {},
  'several-signatures': {},
  'tampered-body': {},
  'missing-header': { header: 'signature' },
  'garbage-header': { header: 'signature', value: 'garbage' },
  'skewed-clock': { seconds: -120 },
  'stale-clock': { seconds: -3_600 },
  'future-clock': { seconds: 3_600 },
  'unknown-type': { type: 'never-seen-before' },
  'extra-fields': {},
  'string-specversion': { value: '1.0' },
  'invalid-time': { time: '2022-15-30T06:45:00.250Z' },
  unicode: { text: 'Ünïcødé ☃ 😀 \u202eright to left\u202c \u0000 \ud800' },
  'large-body': { bytes: 5_000_000 },
};

/** The kinds of faults of a request to Showpad's APIs. */
export const API_KINDS = {
  latency: { ms: 1_000 },
  unauthorized: {},
  forbidden: {},
  'not-found': {},
  conflict: {},
  'rate-limit': { retryAfterSeconds: 1 },
  'rate-limit-silent': {},
  'server-error': { status: 503 },
  'lost-answer': {},
  'expired-token': {},
};

export type DeliveryKinds = typeof DELIVERY_KINDS;
export type ApiKinds = typeof API_KINDS;

export type FaultApi = 'delivery' | 'oauth' | 'subscriptions';

type Flat<Type> = { readonly [Key in keyof Type]: Type[Key] };
type ActionOf<Kinds> = {
  [Kind in keyof Kinds]: Flat<{ kind: Kind } & Partial<Kinds[Kind]>>;
}[keyof Kinds];

/** What goes wrong with a delivery. Parameters that are left out have their defaults. */
export type DeliveryFaultAction = ActionOf<DeliveryKinds>;

/** What goes wrong with a request to one of Showpad's APIs. */
export type ApiFaultAction = ActionOf<ApiKinds>;

export type FaultAction = DeliveryFaultAction | ApiFaultAction;

type KeyOfEach<Type> = Type extends unknown ? keyof Type : never;

/** The name of any parameter of any kind. */
export type FaultParam = Exclude<KeyOfEach<FaultAction>, 'kind'>;
